"""The emulator behind the embedded AWS, made as strict as AWS where it is more lenient."""
