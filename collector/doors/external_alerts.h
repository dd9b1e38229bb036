#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "collector/doors/batch_builder.h"
#include "collector/doors/recent_events.h"

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
// Beginning and end become events, once each: clients send an alert again and again. Which are new is
// asked of `recent`; `fresh` names what was added to it, to be forgotten if it could not be stored.
//
// kInvalidArgument when the body is not such a list; an alert that breaks a rule is counted in `out`.
Status ReadExternalAlerts(std::string_view body, Timestamp now, const SourceToken& from,
                          RecentEvents& recent, std::vector<Fingerprint>& fresh, BatchBuilder& out);

}  // namespace forewarn
