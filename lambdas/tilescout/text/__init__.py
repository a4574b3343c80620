"""Behind `tilescout.text_lines` and `tilescout.snippets`: lines over seams, matches in lines."""
