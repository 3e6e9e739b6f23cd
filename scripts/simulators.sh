#!/usr/bin/env bash
# For `SIMULATORS=1 make run`: starts the simulated state gateway and e-ticket operator (tests/providers) beside the server and
# sets the server up with them, so that a demonstration walks the real road. They end with the shell that sourced this.
keys="$AIKSTE_DATA_DIR/simulators"
mkdir -p "$keys/viisp" "$keys/eticket"
command -v xmlsec1 > /dev/null || die "SIMULATORS=1 needs xmlsec1: apt-get install xmlsec1"
node tests/providers/viisp.mjs --port 8090 --keys "$keys/viisp" > "$keys/viisp.out" &
gateway=$!
node tests/providers/eticket.mjs --port 8091 --keys "$keys/eticket" > "$keys/eticket.out" &
operator=$!
trap 'kill $gateway $operator 2> /dev/null || true' EXIT
for simulator in viisp eticket; do
    until [ -s "$keys/$simulator.out" ]; do
        kill -0 $gateway $operator 2> /dev/null || die "the $simulator simulator did not start."
        sleep 0.1
    done
done
export AIKSTE_VIISP_SOAP_URL=http://127.0.0.1:8090/services/services/auth
export AIKSTE_VIISP_PORTAL_URL=http://127.0.0.1:8090/portal/external/services/authentication/v2/
export AIKSTE_VIISP_PID=VSID000000000113
export AIKSTE_VIISP_PRIVATE_KEY="$keys/viisp/client.pem"
export AIKSTE_VIISP_GATEWAY_KEY="$keys/viisp/gateway-public.pem"
export AIKSTE_ETICKET_URL=http://127.0.0.1:8091
export AIKSTE_ETICKET_KEY_ID=kaunas
export AIKSTE_ETICKET_ISSUER=kortele
export AIKSTE_ETICKET_PRIVATE_KEY="$keys/eticket/client.pem"
export AIKSTE_ETICKET_OPERATOR_KEY="$keys/eticket/operator-public.pem"
note "Simulated identification: the state gateway's people are on its page; cards 902467000001 (PIN 1234), 902467000002 (4321)"
