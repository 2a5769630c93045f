"""What the bundled models can answer; kept apart so that naming them loads no model."""

__all__ = ["GENRES", "MSD_TAGS", "TASKS"]

# The classes of the refined Music4All (MusicLIME, arXiv 2409.10496).
GENRES = (
    "alternative rock",
    "electronic",
    "folk",
    "heavy music",
    "hip hop",
    "pop",
    "punk",
    "rhythm music",
    "rock",
)
TASKS = {"genre": GENRES}

# Tags by falling frequency in the training data, as the output layer has them.
MSD_TAGS = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s",
    "alternative rock", "jazz", "beautiful", "metal", "chillout", "male vocalists",
    "classic rock", "soul", "indie rock", "Mellow", "electronica", "80s", "folk", "90s", "chill",
    "instrumental", "punk", "oldies", "blues", "hard rock", "ambient", "acoustic",
    "experimental", "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country",
    "easy listening", "sexy", "catchy", "funk", "electro", "heavy metal", "Progressive rock",
    "60s", "rnb", "indie pop", "sad", "House", "happy",
)  # fmt: skip
