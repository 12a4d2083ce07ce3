"""Reviews as text, JSON, Markdown and a page.

Which suggestions a review has is decided outside, in `modding.review`.
"""
