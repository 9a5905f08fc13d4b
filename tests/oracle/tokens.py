#!/usr/bin/env python3
"""Holds our reading of tokens against PyJWT and jose (npm).  Not part of `make test`.

    PYTHON tests/oracle/tokens.py build/caller [--jose FOLDER] [--tokens N]

PYTHON has pyjwt and cryptography; FOLDER has node_modules/jose.  Tokens made by both, and mutations of them: what a
library refuses is never let in here; what both accept is let in here, but for what we refuse on purpose (STRICTER).
Ends with status 1 on a difference.
"""
import argparse
import base64
import json
import os
import random
import subprocess
import sys
import tempfile

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives import serialization

NOW = 1800000000
ISSUER, AUDIENCE = "https://id.example.org", "merlon"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
# What libraries let pass and we do not, by what we say of it.
STRICTER = ("key twice", "no base64url", "readable signature", "another type", "not understood", "packed", "when it expires", "a time that is none",
            "names nobody", "issued in the future", "no JSON object", "does not fit the key", "not say which key", "where a text belongs", "three parts", "roles")
rng = random.Random(7)
b64 = lambda b: base64.urlsafe_b64encode(b).rstrip(b"=").decode()
unb64 = lambda s: base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))

keys = {
    "r": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "e": ec.generate_private_key(ec.SECP256R1()),
    "e3": ec.generate_private_key(ec.SECP384R1()),
    "o": ed25519.Ed25519PrivateKey.generate(),
}
kid_of = lambda a: {"R": "r", "P": "r", "E": "e"}.get(a[0]) if a not in ("ES384", "EdDSA") else {"ES384": "e3", "EdDSA": "o"}[a]


def jwk(kid):
    public = keys[kid].public_key()
    kind = {"r": jwt.algorithms.RSAAlgorithm, "o": jwt.algorithms.OKPAlgorithm}.get(kid, jwt.algorithms.ECAlgorithm)
    out = json.loads(kind.to_jwk(public))
    out.pop("key_ops", None)
    return dict(out, kid=kid)


def honest():
    algorithm = rng.choice(ALGORITHMS)
    claims = {"iss": ISSUER, "aud": rng.choice([AUDIENCE, [AUDIENCE], ["x", AUDIENCE]]), "sub": rng.choice(["alice", "bøb", "a b", "用户"]), "exp": NOW + rng.choice([31, 600, 86400])}
    if rng.random() < .5:
        claims["iat"] = NOW - rng.randrange(600)
    if rng.random() < .5:
        claims["nbf"] = NOW - rng.randrange(600)
    if rng.random() < .3:
        claims["roles"] = rng.choice([["nurse", "night"], "nurse night"])
    header = {"kid": kid_of(algorithm)}
    if rng.random() < .3:
        header["typ"] = rng.choice(["at+jwt", "JWT", "jwt"])
    return jwt.encode(claims, keys[kid_of(algorithm)], algorithm=algorithm, headers=header)


def signed(header, claims):
    """A signature by the key the header names, if it names one, by the algorithm that key has."""
    kid = header.get("kid") if isinstance(header.get("kid"), str) and header.get("kid") in keys else "o"
    algorithm = header.get("alg") if header.get("alg") in ALGORITHMS and kid_of(header["alg"]) == kid else {"r": "RS256", "e": "ES256", "e3": "ES384", "o": "EdDSA"}[kid]
    text = b64(json.dumps(header).encode()) + "." + b64(json.dumps(claims).encode())
    kind = jwt.algorithms.get_default_algorithms()[algorithm]
    return text + "." + b64(kind.sign(text.encode(), keys[kid]))


def mutate(token):
    head, body, signature = token.split(".")
    header, claims = json.loads(unb64(head)), json.loads(unb64(body))
    kind = rng.randrange(12)
    if kind == 0:       # bytes of the token itself
        raw = list(token)
        for _ in range(rng.randrange(1, 4)):
            raw[rng.randrange(len(raw))] = rng.choice("ABCxyz019-_.= +/")
        return "".join(raw).replace("\n", "")
    if kind == 1:
        return token[:rng.randrange(len(token))]
    if kind == 2:       # who signed it, and how
        header["alg"] = rng.choice(ALGORITHMS + ["none", "HS256", "None", "ES512", "RSA1_5", ""])
        return b64(json.dumps(header).encode()) + "." + body + "." + signature
    if kind == 3:
        header["kid"] = rng.choice(["r", "e", "e3", "o", "x", "", None, 1])
        return signed(header, claims)
    if kind == 4:
        header[rng.choice(["crit", "jku", "x5u", "jwk", "x5c", "b64", "zip", "cty"])] = rng.choice([["exp"], "https://x.example/", {}, False, "JWT"])
        return signed(header, claims)
    if kind == 5:
        claims[rng.choice(["exp", "nbf", "iat"])] = rng.choice([NOW + 9999, NOW - 9999, NOW, NOW + 30, NOW - 30, NOW + .5, "1800000600", -1, None, 1e20, True])
        return signed(header, claims)
    if kind == 6:
        claims["aud"] = rng.choice(["merlo", "", [], ["x"], [["merlon"]], None, {"merlon": 1}, "MERLON"])
        return signed(header, claims)
    if kind == 7:
        claims["iss"] = rng.choice([ISSUER + "/", "", None, [ISSUER], ISSUER.upper()])
        return signed(header, claims)
    if kind == 8:
        claims.pop(rng.choice(list(claims)))
        return signed(header, claims)
    if kind == 9:       # somebody else's words under this signature
        claims["sub"] = "root"
        return head + "." + b64(json.dumps(claims).encode()) + "." + signature
    if kind == 10:
        raw = unb64(signature)
        return head + "." + body + "." + b64(rng.choice([bytes(len(raw)), raw[:-1], raw + b"\0", raw[len(raw) // 2:] + raw[:len(raw) // 2]]))
    header["alg"] = "HS256"     # the public key as a secret
    import hashlib, hmac
    pem = keys["r"].public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    text = b64(json.dumps(header).encode()) + "." + body
    return text + "." + b64(hmac.new(pem, text.encode(), hashlib.sha256).digest())


def by_pyjwt(token):
    try:
        header = jwt.get_unverified_header(token)
        key = keys[header["kid"]].public_key()
        fit = [a for a in ALGORITHMS if kid_of(a) == header["kid"]]
        # It reads the clock itself: the times are compared below.
        claims = jwt.decode(token, key, algorithms=fit, audience=AUDIENCE, issuer=ISSUER, options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "require": ["exp"], "verify_sub": False})
        good = isinstance(claims["exp"], (int, float)) and NOW < claims["exp"] + 30 and NOW >= claims.get("nbf", 0) - 30
        return bool(good)
    except Exception:
        return False


JOSE = """
import {createLocalJWKSet, jwtVerify} from 'jose'
import {createInterface} from 'node:readline'
const set = createLocalJWKSet(JSON.parse(process.argv[1]))
for await (const line of createInterface({input: process.stdin})) {
  let good = true
  try {
    await jwtVerify(line, set, {issuer: '%s', audience: '%s', algorithms: %s, requiredClaims: ['exp'], clockTolerance: 30, currentDate: new Date(%d)})
  } catch (e) { good = false }
  console.log(good ? 1 : 0)
}
""" % (ISSUER, AUDIENCE, json.dumps(ALGORITHMS), NOW * 1000)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("caller")
    options.add_argument("--jose")
    options.add_argument("--tokens", type=int, default=3000)
    o = options.parse_args()
    tokens = []
    for _ in range(o.tokens):
        token = honest()
        tokens.append(token if rng.random() < .2 else mutate(token))
    with tempfile.TemporaryDirectory() as folder:
        set_of_keys = json.dumps({"keys": [jwk(k) for k in keys]})
        open(folder + "/set.json", "w").write(set_of_keys)
        open(folder + "/c.yaml", "w").write(f"callers: {{tokens: {{name: i, issuer: '{ISSUER}', audience: {AUDIENCE}, keys: {folder}/set.json, algorithms: [{', '.join(ALGORITHMS)}], claims: {{roles: roles}}}}}}\n")
        lines = "".join(t + "\n" for t in tokens)
        ours = subprocess.run([o.caller, folder + "/c.yaml", str(NOW)], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    theirs = {"PyJWT": [by_pyjwt(t) for t in tokens]}
    if o.jose:
        out = subprocess.run(["node", "--input-type=module", "-e", JOSE, set_of_keys], input=lines, capture_output=True, text=True, check=True, cwd=o.jose).stdout.split()
        theirs["jose"] = [x == "1" for x in out]
    let_in = sum(not a.startswith("- ") for a in ours)
    laxer, stricter, on_purpose = 0, 0, {}
    for i, (token, answer) in enumerate(zip(tokens, ours)):
        others = {name: list_[i] for name, list_ in theirs.items()}
        if not answer.startswith("- ") and not all(others.values()):
            laxer += 1
            print("let in here, refused by", [n for n, v in others.items() if not v], token)
        if answer.startswith("- ") and all(others.values()):
            reason = next((s for s in STRICTER if s in answer), None)
            if reason:
                on_purpose[reason] = on_purpose.get(reason, 0) + 1
            else:
                stricter += 1
                print("refused here, let in by all:", answer, token)
    print(f"{len(tokens)} tokens, {let_in} let in here; " + ", ".join(f"{n}: {sum(v)}" for n, v in theirs.items()) + f"; laxer {laxer}, stricter {stricter}, stricter on purpose {on_purpose}")
    return 1 if laxer or stricter or len(ours) != len(tokens) else 0


sys.exit(main())
