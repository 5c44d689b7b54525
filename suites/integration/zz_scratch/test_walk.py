from __future__ import annotations
import asyncio, datetime as dt
from datetime import timedelta
from fixtures.clients import as_account
import pytest

async def test_walk(client, build, app):
    admin = await as_account(client, await build.admin())
    p1 = await build.player(); p2 = await build.player(tier="elite")
    c1 = await as_account(client, p1); c2 = await as_account(client, p2)
    m = await build.match()
    r = await client.get("/api/matches"); print(r.status_code, r.text, r.headers); assert r.status_code == 200
    r = await client.get(f"/api/matches/{m.id}"); print(r.text, r.headers["etag"])
    r = await client.get(f"/api/matches/{m.id}", headers={"if-none-match": r.headers["etag"]}); assert r.status_code == 304
    for q in ("limit=101","limit=0","cursor=abc","cursor=%00","status=foo","team_id=0","team_id=99999999999999999999999","from=2020-01-01","from=0001-01-01T00:00:00%2B14:00","team_id=%00", "limit="+"9"*5000, "from=2026-01-01T00:00:00Z&to=2025-01-01T00:00:00Z", "foo=1"):
        r = await client.get("/api/matches?"+q); print(q[:30], r.status_code, r.text[:150]); assert r.status_code in (200, 422)
    for path in ("/api/matches/0","/api/matches/-1","/api/matches/9223372036854775807","/api/matches/9223372036854775808","/api/matches/x","/api/matches/%00"):
        r = await client.get(path); print(path, r.status_code); assert r.status_code in (404,422)
    body = {"match_id": m.id, "home_goals": 2, "away_goals": 1}
    r = await client.post("/api/predictions", json=body); assert r.status_code == 401
    r = await c1.post("/api/predictions", json=body, headers={"Idempotency-Key":"abcdefgh"}); print(r.status_code, r.text, r.headers); assert r.status_code == 201
    first = r
    r = await c1.post("/api/predictions", json=body, headers={"Idempotency-Key":"abcdefgh"}); assert r.status_code == 201 and r.content == first.content and r.headers["idempotency-replayed"] == "true"
    r = await c1.post("/api/predictions", json=body|{"home_goals":3}, headers={"Idempotency-Key":"abcdefgh"}); assert r.status_code == 422, r.text
    r = await c1.post("/api/predictions", json=body, headers={"Idempotency-Key":"ab\x01"}); assert r.status_code == 422
    r = await c1.post("/api/predictions", json=body); assert r.status_code == 409 and "already" in r.text
    r = await c1.post("/api/predictions", json=body|{"match_id":99}); assert r.status_code == 404
    for bad in ({"home_goals":21},{"home_goals":True},{"home_goals":"1"},{"x":1},{"match_id":2**63},{"home_goals":None}):
        r = await c1.post("/api/predictions", json=body|bad); assert r.status_code == 422, (bad, r.text)
    pid = first.json()["id"]; etag = first.headers["etag"]
    u = f"/api/predictions/{pid}"
    assert (await c2.get(u)).status_code == 404
    r = await c1.get(u); assert r.headers["etag"] == etag
    ch = {"home_goals":1,"away_goals":1}
    assert (await c1.put(u, json=ch)).status_code == 428
    assert (await c1.put(u, json=ch, headers={"if-match":"*"})).status_code == 428
    assert (await c1.put(u, json=ch, headers={"if-match":'"x"'})).status_code == 412
    assert (await c2.put(u, json=ch, headers={"if-match":etag})).status_code == 404
    rs = await asyncio.gather(*(c1.put(u, json={"home_goals":i,"away_goals":0}, headers={"if-match":etag}) for i in range(6)))
    assert sorted(x.status_code for x in rs) == [200]+[412]*5
    etag = [x for x in rs if x.status_code==200][0].headers["etag"]
    rs = await asyncio.gather(*(c2.post("/api/predictions", json=body, headers={"Idempotency-Key":"k"*8}) for i in range(6)))
    print([x.status_code for x in rs], {x.content for x in rs}); assert {x.status_code for x in rs} == {201} and len({x.content for x in rs}) == 1
    r = await c1.get(f"/api/matches/{m.id}/predictions"); assert r.status_code == 409
    r = await admin.put(f"/api/matches/{m.id}/result", json={"home_goals":2,"away_goals":1}); assert r.status_code == 409
    r = await c1.put(f"/api/matches/{m.id}/result", json={"home_goals":2,"away_goals":1}); assert r.status_code == 403
    await build.kick_off_in(m, timedelta(seconds=-1))
    r = await c1.put(u, json=ch, headers={"if-match":etag}); assert r.status_code == 409, r.text
    r = await c1.get(f"/api/matches/{m.id}/predictions?limit=1"); print(r.text); assert r.status_code == 200
    r = await c1.get(f"/api/matches/{m.id}/predictions?limit=1&cursor={r.json()['next_cursor']}"); print(r.text); assert r.json()["next_cursor"] is None
    r = await client.get("/api/leaderboard?limit=1"); lb1 = r.json(); print(lb1)
    r = await admin.put(f"/api/matches/{m.id}/result", json={"home_goals":2,"away_goals":1}); print(r.text); assert r.status_code == 200
    r = await client.get("/api/leaderboard"); print(r.text); assert r.json()["items"][0]["points"] == 5
    r = await client.get("/api/leaderboard?limit=1&cursor="+lb1["next_cursor"]); print(r.text); assert r.json()["items"][0]["points"] == 0 and r.json()["items"][0]["rank"] == 2
    r = await admin.put(f"/api/matches/{m.id}/result", json={"home_goals":0,"away_goals":1}); assert r.status_code == 200
    r = await client.get("/api/leaderboard"); print(r.text)
    r = await client.get("/api/standings"); print(r.text)
    r = await c1.get("/api/predictions"); print(r.text)
    assert (await c1.get(u)).headers["etag"] != etag
    t = (await client.get("/api/teams")).json()["items"]; print(t)
    a, b = t[0]["id"], t[1]["id"]
    new = {"home_team_id":a,"away_team_id":b,"kick_off":"2030-01-01T12:00:00+02:00","round":3}
    r = await admin.post("/api/matches", json=new); print(r.text, r.headers); assert r.status_code == 201
    loc = r.headers["location"]
    for bad in ({"away_team_id":a},{"away_team_id":12345},{"kick_off":"2030-01-01T12:00:00"},{"round":0},{"kick_off":5},{"kick_off":"2030-02-30T00:00:00Z"}):
        r = await admin.post("/api/matches", json=new|bad); print(bad, r.status_code, r.text[:200]); assert r.status_code in (404,409,422)
    for chg, code in (({},422),({"status":None},422),({"kick_off":None},422),({"status":"live"},409),({"status":"finished"},409),({"status":"postponed"},200),({"status":"live"},409),({"status":"scheduled","kick_off":"2031-01-01T00:00:00Z"},200),({"kick_off":"2020-01-01T00:00:00Z"},200),({"kick_off":"2032-01-01T00:00:00Z"},409),({"status":"live"},200),({"status":"cancelled"},200),({"status":"scheduled"},409)):
        r = await admin.patch(loc, json=chg); print(chg, r.status_code, r.text[:150]); assert r.status_code == code
    mid = int(loc.rsplit("/")[-1])
    r = await c1.get(f"/api/matches/{mid}/forecast"); assert r.status_code == 409
    ms = [await build.match() for _ in range(5)]
    rs = await asyncio.gather(*(c1.get(f"/api/matches/{x.id}/forecast") for x in ms))
    print([x.status_code for x in rs], rs[0].text); assert sorted(x.status_code for x in rs) == [200]*3+[403]*2
    ok = [x for x in rs if x.status_code==200][0].json()["match_id"]
    assert (await c1.get(f"/api/matches/{ok}/forecast")).status_code == 200
    r = await c2.get(f"/api/matches/{ok}/forecast"); assert r.json()["score_grid"]; print(r.text[:300])
    r = await c2.get(f"/api/matches/{m.id}/forecast"); print(r.text[:200])
    r = await admin.get("/api/audit"); print(r.text[:600])
    r = await client.get("/openapi.json"); print(r.status_code)
