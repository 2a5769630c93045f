"""The Explorer: navigation only. Run it with ``musiclime explorer``."""

import streamlit as st

from explorer.views import examples, upload

st.set_page_config(page_title="MusicLIME Explorer", page_icon="🎧", layout="wide")
st.html(
    "<style>.stMainBlockContainer{padding-top:4.5rem;max-width:1100px}h1{font-size:2.2rem!important}</style>"
)
st.navigation(
    [
        st.Page(examples.page, title="Examples", url_path="examples", default=True),
        st.Page(upload.page, title="Explain my song", url_path="explain"),
    ],
    position="top",
).run()
