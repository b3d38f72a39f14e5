"""What the workers do: one function a kind of job, called in a process of its own (see ``app.worker``)."""
