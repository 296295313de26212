-- Which card reads of a person the relay knows of, the newest first: asked at every exchange.
CREATE INDEX registration_person ON registration (person_code, exchange);
