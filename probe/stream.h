#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/rng.h"
#include "base/status.h"
#include "base/time.h"
#include "probe/spool.h"
#include "probe/transport.h"
#include "probe/wire.h"

namespace forewarn {

struct StreamOptions {
  std::string version;
  std::string host;
  Duration patience = 10s;  // from the start of a call to its Welcome
  Duration ack_patience =
      60s;  // for any ack while batches are under way; then the call is given up
  Duration retry_delay_min = 500ms;
  Duration retry_delay_max = 60s;
  uint32_t in_flight_max = 8;  // ours; the collector's wish may be lower
  Duration clock_offset{0};    // as measured before this start; until the first handshake
};

struct StreamStats {
  bool connected = false;
  uint64_t connects = 0;  // handshakes that succeeded
  uint64_t failures = 0;
  uint64_t batches_sent = 0;  // also again
  uint64_t batches_refused = 0;
  uint64_t samples_left_out = 0;  // by the collector, as its acks say
  uint64_t max_batch_bytes = 0;   // of one push, as the last handshake had it; 0: not known
  Timestamp last_ack;             // kTimeZero: none since the start
  Timestamp last_contact;         // handshake or ack
  std::string last_error;         // empty while connected
  std::string last_refusal;       // the newest sentence of the collector about what it left out
  Duration clock_offset{
      0};  // our clock minus theirs as last measured; the correction is beyond 2 s
};

// Carries the spool's batches to the collector over one push stream, as
// proto/forewarn/v1/ingest.proto says: hello and welcome, series named once a stream, a window of
// batches under way, acks, back-pressure; reconnects with growing, jittered delays and sends again,
// in order, what no ack covers.
//
// A batch that the collector refuses by name is replaced in the spool by a gap. A call that ends
// with INVALID_ARGUMENT or RESOURCE_EXHAUSTED and names none is tried again, batch by batch; one that
// is turned away five times alone is taken for refused.
//
// Owned by the agent and used by its thread alone. The spool, transport, clock and rng are loans.
class Stream {
 public:
  // Called with each batch before it is first handed to the collector; after a restart also with
  // those that were under way then, since a crash may have come in between.
  using Sent = std::function<void(const SpooledBatch&)>;

  Stream(const StreamOptions& options, Spool& spool, Transport& transport, const Clock& clock,
         Rng& rng, Sent sent);
  ~Stream();

  // Does what can be done now and then waits for the collector at most `patience`. Call it again
  // and again; returns early when something came, and false at once when there is no call to wait
  // for.
  bool Step(Duration patience);

  // Nothing is under way and nothing waits to be sent.
  bool idle() const;

  // Ends the call; the next Step() begins a new one with `transport`, at once.
  void Reconnect(Transport& transport);

  // To be taken off event times: the measured offset when it is beyond 2 seconds, else 0.
  Duration correction() const;
  // The clock with that taken off: what event times, and the age of what waits, are measured with.
  // After a jump of the clock by more than an hour it goes on by the time that has passed, until a
  // handshake has measured the clock again: nothing is old by a jump alone.
  Timestamp Now();
  // Since when (monotonic) the clock is not where the last measurement would have it; a connected
  // stream measures again at once. Nothing while it can be relied on.
  std::optional<Duration> unsure_since() const { return unsure_since_; }

  const StreamStats& stats() const { return stats_; }

 private:
  void Connect();
  void Handle(const v1::PushResponse& response);
  void HandleWelcome(const v1::PushResponse& response);
  void HandleAck(const v1::PushResponse& response);
  void WatchClock();
  void SendMore();
  void Tell(const SpooledBatch& batch);
  void SendBatch(const SpooledBatch& batch);
  void CallEnded();
  void Refuse(uint64_t sequence, const Status& status);
  void Fail(const Status& status);

  // Fixed after construction.
  const StreamOptions options_;
  Spool& spool_;
  const Clock& clock_;
  Rng& rng_;
  const Sent sent_;

  // Changes; the agent's thread.
  Transport* transport_;
  std::unique_ptr<PushCall> call_;
  bool greeted_ = false;               // this call had its Welcome
  Duration opened_{0};                 // monotonic: when this call began
  std::optional<BatchWriter> writer_;  // of this call, from its welcome on
  uint64_t sent_to_ = 0;               // the last sequence handed to this call
  uint32_t welcome_window_ = 1;        // as the handshake had it
  uint32_t window_ = 1;
  uint32_t careful_ = 0;           // so many batches are still sent one at a time
  uint32_t unnamed_refusals_ = 0;  // in a row, with one batch under way
  Duration retry_delay_{0};
  Duration next_try_{0};                // monotonic
  Duration hold_until_{0};              // monotonic: back-pressure
  Duration last_progress_{0};           // monotonic: the last ack, or when the window was empty
  std::optional<Timestamp> looked_at_;  // corrected; the last answer of Now()
  Duration looked_{0};                  // monotonic: when that was
  Duration clock_ahead_{0};             // wall clock minus monotonic when last measured
  std::optional<Duration> unsure_since_;
  uint64_t told_epoch_ = 0;
  uint64_t told_ = 0;  // the last sequence that sent_ was called with
  StreamStats stats_;
};

}  // namespace forewarn
