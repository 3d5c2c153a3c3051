"""The pages, one module each: views from a Visit to a Response, and PAGES, their routes with what they need."""
