"""Models in an ONNX file: what they take, how their outputs are read, and asking them."""
