#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/alert.h"
#include "rules/alert_book.h"
#include "rules/contact.h"
#include "rules/evaluate.h"
#include "rules/evidence.h"
#include "rules/rule_set.h"
#include "rules/stream.h"

namespace forewarn {

// Takes a step as it happened; `before` is none when the alert did not exist.
using EmitStep = std::function<void(const std::optional<Alert>& before, const Alert& after)>;

// One evaluation of an alerting rule, to be judged.
struct Trial {
  const PreparedGroup& group;
  const PreparedRule& rule;
  const Stream& stream;
  Timestamp at;       // the instant
  Timestamp data_at;  // the instant its data is of: `at` without the group's offset
  AlertTimes times;
};

// Brings the rule's results and its living alerts in the stream together: what is true starts or
// goes on; of what is not, the evidence and the contact of probes say whether it is over or
// unknown. Returns the first failure to read evidence; the alert it concerned stays as it was.
Status Judge(const Trial& trial, std::vector<AlertResult> results, Evidence& evidence,
             const Contacts& contacts, AlertBook& book, const EmitStep& emit);

}  // namespace forewarn
