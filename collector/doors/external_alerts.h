#pragma once

#include <string_view>

#include "base/status.h"
#include "collector/doors/batch_builder.h"

namespace forewarn {

// Reads what Prometheus and others post to an Alertmanager (API v2): a JSON array of alerts, each with
// labels (an `alertname` among them), annotations, startsAt, endsAt, generatorURL.
//
// Each alert becomes a sample of the series `external_alert`, at `now`: 1 while it is active, 0 when
// its endsAt has passed. Its labels are the alert's, with `alertname` as `alert`. So a rule decides
// what is made of it, and the silence of its sender is not taken for recovery:
//
//   - alert: ReportedByCustomer
//     expr: external_alert{severity="critical"} == 1
//
// Beginning and end become events, which are known by the alert's labels and when it began: clients send
// an alert again and again, and each is taken once. Without startsAt an end is known by its endsAt, and
// beginnings by the labels alone, so that a second one soon after is taken for the first; the sample says
// the truth all the same. An event from longer ago than limits.accepted_age is given that age.
//
// kInvalidArgument when the body is not such a list, kResourceExhausted when it has too many parts
// (bounded_parse.h); an alert that breaks a rule is counted in `out`.
Status ReadExternalAlerts(std::string_view body, Timestamp now, BatchBuilder& out);

}  // namespace forewarn
