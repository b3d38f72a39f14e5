"""How a network runs: one Session over ONNX Runtime or OpenVINO; batches in, arrays out."""
