#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "collector/desk.h"
#include "collector/doors/token_directory.h"
#include "collector/http_server.h"
#include "collector/metrics.h"
#include "config/collector_settings.h"

namespace forewarn {

// Prometheus' HTTP API for queries, as of 2.42, so that Grafana, promtool and whoever speaks it can
// read: one customer's series or, with a token that says so, everybody's. GET, and where Prometheus
// takes it POST:
//
//   /api/v1/query, /api/v1/query_range, /api/v1/format_query
//   /api/v1/series, /api/v1/labels, /api/v1/label/NAME/values
//   /api/v1/rules, /api/v1/alerts, /api/v1/metadata, /api/v1/query_exemplars (which are empty)
//   /api/v1/status/buildinfo
//
// Answers and errors have its envelope and its statuses: 400 bad_data, 422 execution, 503 for timeout,
// canceled and unavailable; and 401 and 403 as all doors have them. What it does otherwise:
// /api/v1/labels and values are of all time, not of `start` to `end`; rules are those of the bundle
// and alerts those of who may be read; matches are anchored RE2, without Go's own additions.
//
// Queries run on threads of their own, so many at a time; one more waits, and is refused when too many
// do.
class QueryApi {
 public:
  struct Parts {
    // Null while nobody is answered: the collector is starting, or stopping. A Desk that was handed out
    // outlives the requests that are being answered.
    std::function<Desk*()> desk;
    const TokenDirectory& tokens;
    Metrics& metrics;
    const Clock& clock;
    const QuerySettings& settings;
    bool tokens_without_tls = false;
  };

  // What is lent outlives it; it outlives the server that has its routes.
  explicit QueryApi(const Parts& parts);
  ~QueryApi();

  std::vector<HttpRoute> Routes();

  // Ends what is being read, soon. Requests are answered until the server is gone.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace forewarn
