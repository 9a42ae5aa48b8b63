"""The lab: from a folder of code to a completion model in the editor."""

import os

# Models and tokenizers come from files that the user names; nothing is looked up on the network.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
# A thread that waits gives its core to others; spinning, it slows everything down where other programs run as well.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
