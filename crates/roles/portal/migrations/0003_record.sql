-- What a person gathered during a visit (集めた記録), sealed under the secret of that visit's cookie: without the cookie nobody opens
-- it, and it goes with the visit.
CREATE TABLE gathered (
  visit BYTES NOT NULL,
  at BIGINT NOT NULL,
  sealed BYTES NOT NULL,
  PRIMARY KEY (visit)
) /*sqlite:WITHOUT ROWID*/;

-- Copies that a person chose to keep (控え), sealed; listed and deleted by that person.
CREATE TABLE kept_copy (
  person BYTES NOT NULL,
  id BYTES NOT NULL,
  at BIGINT NOT NULL,
  resources BIGINT NOT NULL,
  sealed BYTES NOT NULL,
  PRIMARY KEY (person, id)
) /*sqlite:WITHOUT ROWID*/;

-- "This is wrong" (訂正の求め): what was sent to whom, and the newest answer. `sealed` holds the words and the item.
CREATE TABLE correction (
  person BYTES NOT NULL,
  id BYTES NOT NULL,
  at BIGINT NOT NULL,
  holder TEXT NOT NULL,
  state TEXT NOT NULL,
  sealed BYTES NOT NULL,
  PRIMARY KEY (person, id)
) /*sqlite:WITHOUT ROWID*/;

-- The inbox (お知らせ). `sealed`: sender, kind, day, what it belongs to.
CREATE TABLE notice (
  person BYTES NOT NULL,
  id BYTES NOT NULL,
  at BIGINT NOT NULL,
  read_at BIGINT,
  sealed BYTES NOT NULL,
  PRIMARY KEY (person, id)
) /*sqlite:WITHOUT ROWID*/;

-- Where a person wants to be told (連絡先): an address of e-mail, or a browser that takes pushes. Sealed. An address counts once its
-- owner has shown that it is theirs.
CREATE TABLE channel (
  person BYTES NOT NULL,
  id BYTES NOT NULL,
  kind TEXT NOT NULL,
  verified BIGINT NOT NULL,
  proof BYTES,
  tries BIGINT NOT NULL,
  at BIGINT NOT NULL,
  sealed BYTES NOT NULL,
  PRIMARY KEY (person, id)
) /*sqlite:WITHOUT ROWID*/;

-- Kinds of notice that a person does not want by a kind of channel. What is not here is wanted.
CREATE TABLE muted (
  person BYTES NOT NULL,
  notice TEXT NOT NULL,
  channel TEXT NOT NULL,
  PRIMARY KEY (person, notice, channel)
) /*sqlite:WITHOUT ROWID*/;

-- Deliveries that wait: one a channel. Tried again until `until`.
CREATE TABLE delivery (
  notice BYTES NOT NULL,
  channel BYTES NOT NULL,
  person BYTES NOT NULL,
  due BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  until BIGINT NOT NULL,
  PRIMARY KEY (notice, channel)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX delivery_due ON delivery (due);

-- The portal's key for Web Push (VAPID), sealed; one row.
CREATE TABLE push_key (
  id BIGINT NOT NULL,
  sealed BYTES NOT NULL,
  PRIMARY KEY (id)
);

-- Apps that somebody registered (SMART on FHIR, public clients).
CREATE TABLE app (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  redirects TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

-- What a person permitted an app. `sealed`: the portal's code of the person and the card read it rests on. Ends by itself.
CREATE TABLE app_grant (
  id BYTES NOT NULL,
  person BYTES NOT NULL,
  app TEXT NOT NULL,
  scopes TEXT NOT NULL,
  at BIGINT NOT NULL,
  until BIGINT NOT NULL,
  used_at BIGINT,
  reads BIGINT NOT NULL,
  sealed BYTES NOT NULL,
  PRIMARY KEY (id)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX app_grant_person ON app_grant (person, at);

-- Codes, access tokens and refresh tokens, by their digests. A refresh token is good once: `used` shows a stolen one.
CREATE TABLE app_token (
  token BYTES NOT NULL,
  app_grant BYTES NOT NULL,
  kind TEXT NOT NULL,
  until BIGINT NOT NULL,
  used BIGINT NOT NULL,
  bound TEXT NOT NULL,
  PRIMARY KEY (token)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX app_token_grant ON app_token (app_grant);
CREATE INDEX app_token_old ON app_token (until);
