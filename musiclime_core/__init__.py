"""MusicLIME: hear and read why a music classifier decided as it did."""

__version__ = "0.1.0"
