# For kernels of this environment: a lab's cell that runs late says how to get to its step.
c = get_config()  # noqa: F821
c.InteractiveShellApp.extensions = ["packetwalk.lab.late"]
