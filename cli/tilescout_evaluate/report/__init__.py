"""The evaluation report: figures, plots, pictures and the HTML page."""
