"""Find small things in very large PDF pages."""
