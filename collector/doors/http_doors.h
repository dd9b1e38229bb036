#pragma once

#include <functional>
#include <vector>

#include "base/clock.h"
#include "collector/doors/intake.h"
#include "collector/doors/otlp_door.h"
#include "collector/doors/token_directory.h"
#include "collector/http_server.h"
#include "collector/metrics.h"
#include "config/collector_settings.h"

namespace forewarn {

// The doors of other protocols over HTTP. Each lets in who shows a token for it, before the body is
// read; undoes the compression within a bound; turns the body into batches; and answers when they
// are durable, in the words of its protocol:
//
//   POST /api/v1/write    Prometheus remote write 1.0. 204: all is stored, or was there already. 400:
//                         some samples are invalid or too old, the others are stored; no use to send
//                         it again. 429: above the limit of series, the others are stored.
//   POST /v1/metrics      OTLP, protobuf or JSON, plain or gzip, and the answer likewise. 200: what is
//   POST /v1/logs         stored, and in partial_success how many are not. What else the door answers is a
//                         google.rpc.Status, in the encoding of the request; 415, and what is turned
//                         away by its length or since too much waits, is a sentence.
//   POST /api/v2/alerts   Alertmanager's API v2. 200: all are taken; 400: some are not.
//
// All: 400 what is no such request, 401 without a token that is good, 403 with another door's, or over
// plain HTTP from another machine, 413 too large, 415 another format (remote write 2.0, framed snappy),
// 503 with Retry-After while the collector is starting, stopping or too busy: send it again. What is
// refused is logged once a minute for each reason, and what is partly stored for each source; all are
// counted.
struct HttpDoorParts {
  // Null while the collector takes nothing: it is starting, or stopping.
  std::function<DoorIntake*()> intake;
  OtlpDoor& otlp;
  const TokenDirectory& tokens;
  Metrics& metrics;
  const Clock& clock;
  const LimitSettings& limits;
  const DoorSettings& doors;
};

// What is lent outlives the routes.
std::vector<HttpRoute> HttpDoors(const HttpDoorParts& parts);

}  // namespace forewarn
