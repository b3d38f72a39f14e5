"""A frame in, detections out: detector families, letterbox, tiles, areas, motion gate."""
