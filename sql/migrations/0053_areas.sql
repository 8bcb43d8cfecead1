-- For a tag and an area: nine of ten rows with the tag were read to find that they are elsewhere.
create index search_documents_area on portfolio.search_documents (area);
