-- Which patient an objection that came through the portal is about (異議・不明の申立て); what is said lies at the overseer.
CREATE TABLE objection (
  objection TEXT NOT NULL,
  patient TEXT NOT NULL,
  PRIMARY KEY (objection)
) /*sqlite:WITHOUT ROWID*/;
