-- Who asks for a tag and an area: nine of ten casts with the tag were read to find that they are elsewhere.
create index search_documents_area on portfolio.search_documents (area);
