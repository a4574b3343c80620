"""Behind `tilescout.rendering`: MuPDF in a child process that can be killed."""
