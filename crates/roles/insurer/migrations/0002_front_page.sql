-- What the front page shows without reading every member: who changed last, and how many are insured today.
CREATE INDEX member_by_change ON member (changed_at DESC, my_number);
CREATE INDEX member_open ON member (my_number) WHERE is_open = 1;
