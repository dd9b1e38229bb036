#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"
#include "model/alert.h"
#include "model/bundle.h"
#include "model/entry.h"
#include "model/probe.h"
#include "model/source_token.h"
#include "model/telemetry.h"
#include "store/store.h"

namespace forewarn {

struct BatchReply;

// Metrics are what an SRE scrapes: every family with its help, at zero for each label value that
// can occur, so that a rate() over the first occurrence is right. Labels come from closed sets;
// none is ever a customer, a series or a host. Names, labels and help are in metrics.cc, which
// alone knows the library. Thread-safe; no call waits.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  // The whole page in the text format 0.0.4.
  std::string Text() const;

  // --- intake ---
  enum class BatchResult { kApplied, kDuplicate, kRefused };
  void BatchDone(BatchResult result);
  // Samples that came in by `protocol` and became of them what `result` says: accepted, too_old,
  // too_new, duplicate, series_limit, invalid.
  void SamplesDone(std::string_view result, uint64_t count);
  void GapDeclared(Duration length);
  // One request of the other doors: accepted (all of it, as far as it was not there already), partial,
  // refused, retry (told to send it again), unauthenticated.
  void DoorRequestDone(SourceToken::Door door, std::string_view result);
  // Samples that such a request brought to the fold, and those that the fold left out.
  void DoorSamplesDone(SourceToken::Door door, uint64_t samples, const BatchReply& left_out);
  // Samples that an adapter could not take.
  void DoorItemsInvalid(SourceToken::Door door, uint64_t count);
  // Events by what became of them: accepted, duplicate, invalid.
  void DoorEventsDone(SourceToken::Door door, std::string_view result, uint64_t count);
  void StreamOpened();
  void StreamClosed();
  void SenderSlowedDown();
  void EnrolmentDone(bool granted);

  // --- shards and the committer ---
  void QueueDepth(uint64_t entries);  // of all shards' queues together
  void CommitWritten(Duration took, uint64_t commits);
  void RulesFailed(uint64_t failures);
  // The rules that one entry completes, together.
  void RulesEvaluated(Duration took, uint64_t series_fetched, uint64_t incremental,
                      uint64_t general);

  // --- what the shards hold; set as a whole by whoever looks ---
  struct Census {
    uint64_t contact[5] = {};  // by Contact
    uint64_t alerts[3] = {};   // pending, firing, unknown; not those of rules in shadow
    // How often the alerts of rules in shadow began to fire since the start, by rule.
    std::map<std::string, uint64_t> shadow_firings;
    uint64_t tickets[4] = {};  // open ones, by Severity
    uint64_t outbox_waiting = 0;
    uint64_t outbox_dead = 0;
    uint64_t series = 0;
    uint64_t head_bytes = 0;
  };
  void SetCensus(const Census& census);
  void SetStorage(const Store::Figures& figures);

  // What went of customers whose time was over before everybody's.
  void RetentionDropped(const Store::Retention::Dropped& dropped);

  // --- tickets and messages ---
  void TicketPrevented();
  // From the customer's warning to the breach that was predicted.
  void WarningLead(Duration lead);
  // One attempt: delivered, retry, dead, by `email` or `webhook`.
  void NotificationAttempted(Receiver::Kind channel, DeliveryCommand::Result result);
  // From the creation of a notification to its delivery.
  void NotificationDelivered(Duration latency);

  void SetReady(bool ready);
  // When the certificate that the listener shows ends.
  void CertificateExpires(Timestamp at);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace forewarn
