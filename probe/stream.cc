#include "probe/stream.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/units.h"
#include "model/stream_codec.h"

namespace forewarn {
namespace {

// Below this a clock is taken to be right: the handshake itself takes time.
constexpr Duration kOffsetBound = 2s;
// A clock that gains or loses more than this at once has jumped.
constexpr Duration kJump = 1h;
// So often a batch that is alone under way may be turned away without being named.
constexpr uint32_t kUnnamedRefusalsMax = 5;

}  // namespace

Stream::Stream(const StreamOptions& options, Spool& spool, Transport& transport, const Clock& clock,
               Rng& rng, Sent sent)
    : options_(options),
      spool_(spool),
      clock_(clock),
      rng_(rng),
      sent_(std::move(sent)),
      transport_(&transport),
      retry_delay_(options.retry_delay_min) {
  stats_.clock_offset = options.clock_offset;
  clock_ahead_ = clock_.Now() - kTimeZero - clock_.Monotonic();
  (void)Now();
}

Stream::~Stream() = default;

Duration Stream::correction() const {
  Duration offset = stats_.clock_offset;
  return offset > kOffsetBound || offset < -kOffsetBound ? offset : Duration(0);
}

Timestamp Stream::Now() {
  Timestamp now = clock_.Now() - correction();
  Duration monotonic = clock_.Monotonic();
  Timestamp expected = looked_at_ ? *looked_at_ + (monotonic - looked_) : now;
  bool jumped = now - expected > kJump || expected - now > kJump;
  looked_at_ = jumped ? expected : now;
  looked_ = monotonic;
  return *looked_at_;
}

void Stream::WatchClock() {
  if (unsure_since_) return;
  Duration moved = clock_.Now() - kTimeZero - clock_.Monotonic() - clock_ahead_;
  if (moved <= kOffsetBound && moved >= -kOffsetBound) return;
  FW_LOG(kWarn, "clock.moved", {{"by_ms", moved.count()}});
  unsure_since_ = clock_.Monotonic();
  if (greeted_) Reconnect(*transport_);
}

bool Stream::idle() const {
  SpoolStats spool = spool_.stats();
  return spool.under_way == 0 && spool.waiting == 0;
}

void Stream::Reconnect(Transport& transport) {
  call_.reset();
  greeted_ = false;
  stats_.connected = false;
  transport_ = &transport;
  next_try_ = Duration(0);
}

bool Stream::Step(Duration patience) {
  WatchClock();
  if (!call_) {
    if (clock_.Monotonic() < next_try_) return false;
    Connect();
  }
  if (greeted_) SendMore();
  v1::PushResponse response;
  Duration wait = patience;
  while (call_ && call_->Receive(response, wait)) {
    Handle(response);
    if (call_) SendMore();
    wait = Duration(0);
  }
  if (!call_) return false;
  Duration now = clock_.Monotonic();
  if (call_->ended()) {
    CallEnded();
  } else if (!greeted_ && now - opened_ > options_.patience) {
    Fail(DeadlineExceeded("the collector does not answer"));
  } else if (greeted_ && spool_.stats().under_way > 0 &&
             now - last_progress_ > options_.ack_patience) {
    Fail(DeadlineExceeded(
        fmt::format("no acknowledgement within {} s", options_.ack_patience / 1s)));
  }
  return call_ != nullptr;
}

void Stream::Connect() {
  call_ = transport_->Open();
  greeted_ = false;
  opened_ = clock_.Monotonic();
  writer_.reset();
  sent_to_ = 0;
  v1::PushRequest request;
  v1::Hello& hello = *request.mutable_hello();
  hello.set_clock_ms(ToMillis(clock_.Now()));
  hello.set_version(options_.version);
  hello.set_host(options_.host);
  // Neither remote configuration nor evidence: nobody shall wait for what does not come.
  hello.add_capabilities("ReportsHealth");
  hello.add_capabilities("ReportsHeartbeat");
  call_->Send(request);
}

void Stream::Handle(const v1::PushResponse& response) {
  if (greeted_ && response.has_ack()) {
    HandleAck(response);
  } else if (!greeted_ && response.has_welcome()) {
    HandleWelcome(response);
  } else {
    Fail(
        Internal("the collector's response is neither the welcome nor an ack; is it a collector?"));
  }
}

void Stream::HandleWelcome(const v1::PushResponse& response) {
  const v1::Welcome& welcome = response.welcome();
  stats_.clock_offset = Duration(welcome.clock_offset_ms());
  looked_at_.reset();  // another correction is no jump
  clock_ahead_ = clock_.Now() - kTimeZero - clock_.Monotonic();
  unsure_since_.reset();
  StatusOr<bool> restarted = spool_.Reconcile(welcome.epoch(), welcome.sequence(), Now());
  if (!restarted.ok()) return Fail(restarted.status());
  welcome_window_ = std::clamp<uint32_t>(welcome.max_in_flight(), 1, options_.in_flight_max);
  window_ = welcome_window_;
  stats_.max_batch_bytes = welcome.max_batch_bytes();
  hold_until_ = Duration(0);
  last_progress_ = clock_.Monotonic();
  const auto& words = welcome.capabilities();
  writer_.emplace(std::find(words.begin(), words.end(), kAcceptsPackedSamples) != words.end());
  if (welcome.has_config() || welcome.evidence_size() > 0) {
    FW_LOG(kWarn, "collector.asked_in_vain",
           {{"config_generation", welcome.config().generation()},
            {"evidence_requests", welcome.evidence_size()}});
  }
  greeted_ = true;
  stats_.connected = true;
  stats_.last_error.clear();
  stats_.last_contact = clock_.Now();
  ++stats_.connects;
  FW_LOG(kInfo, "collector.connected",
         {{"clock_offset_ms", welcome.clock_offset_ms()},
          {"epoch", welcome.epoch()},
          {"sequence", welcome.sequence()}});
}

void Stream::HandleAck(const v1::PushResponse& response) {
  const v1::Ack& ack = response.ack();
  size_t before = spool_.UnderWay().size();
  spool_.Ack(ack.epoch(), ack.sequence());
  size_t acked = before - spool_.UnderWay().size();
  careful_ -= static_cast<uint32_t>(std::min<size_t>(careful_, acked));
  unnamed_refusals_ = 0;
  if (acked > 0) retry_delay_ = options_.retry_delay_min;
  last_progress_ = clock_.Monotonic();
  stats_.last_ack = stats_.last_contact = clock_.Now();
  if (ack.delay_ms() > 0)
    hold_until_ = clock_.Monotonic() + Duration(std::min<int64_t>(ack.delay_ms(), 300'000));
  // An ack without a wish ends the one before.
  window_ = ack.max_in_flight() > 0 ? std::min(ack.max_in_flight(), options_.in_flight_max)
                                    : welcome_window_;
  for (const v1::Refusal& refusal : ack.refusals()) {
    stats_.samples_left_out += refusal.count();
    stats_.last_refusal = fmt::format("{}: {}", refusal.reason(), refusal.detail());
    FW_LOG(
        kWarn, "samples.left_out",
        {{"reason", refusal.reason()}, {"count", refusal.count()}, {"detail", refusal.detail()}});
  }
}

void Stream::SendMore() {
  if (clock_.Monotonic() < hold_until_) return;
  uint32_t window = careful_ > 0 ? 1 : window_;
  std::vector<uint64_t> under_way = spool_.UnderWay();
  // First what earlier calls left without an ack.
  uint32_t in_flight = 0;
  for (uint64_t sequence : under_way) {
    if (sequence <= sent_to_) {
      ++in_flight;
      continue;
    }
    if (in_flight >= window) return;
    StatusOr<SpooledBatch> batch = spool_.Load(sequence);
    if (!batch.ok()) return Fail(batch.status());
    SendBatch(*batch);
    if (!call_) return;
    ++in_flight;
  }
  if (in_flight == 0) last_progress_ = clock_.Monotonic();
  while (in_flight < window) {
    StatusOr<std::optional<SpooledBatch>> batch = spool_.Seal(Now());
    if (!batch.ok()) return Fail(batch.status());
    if (!batch->has_value()) return;
    SendBatch(**batch);
    if (!call_) return;
    ++in_flight;
  }
}

// A call that is over takes nothing; then the batch stays under way and Step() sees the end.
void Stream::SendBatch(const SpooledBatch& batch) {
  v1::PushRequest request;
  writer_->Write(batch, *request.mutable_batch());
  uint64_t size = request.ByteSizeLong();
  if (stats_.max_batch_bytes > 0 && size > stats_.max_batch_bytes) {
    // It was made before the limit was lowered. What it bound on this call is bound no more.
    Refuse(batch.sequence, ResourceExhausted(fmt::format(
                               "a batch of {} is more than the {} that the collector takes",
                               FormatSize(static_cast<int64_t>(size)),
                               FormatSize(static_cast<int64_t>(stats_.max_batch_bytes)))));
    next_try_ = Duration(0);
    return;
  }
  Tell(batch);
  sent_to_ = batch.sequence;
  ++stats_.batches_sent;
  call_->Send(request);
}

void Stream::Tell(const SpooledBatch& batch) {
  if (batch.epoch == told_epoch_ && batch.sequence <= told_) return;
  told_epoch_ = batch.epoch;
  told_ = batch.sequence;
  if (sent_) sent_(batch);
}

void Stream::CallEnded() {
  Status status = call_->status();
  if (status.code() != Code::kInvalidArgument && status.code() != Code::kResourceExhausted) {
    return Fail(status.ok() ? Unavailable("the collector closed the stream") : status);
  }
  // Acks that came before the end are in the spool by now; what remains of this call was in flight.
  std::vector<uint64_t> in_flight = spool_.UnderWay();
  std::erase_if(in_flight, [&](uint64_t sequence) { return sequence > sent_to_; });
  std::optional<RefusedBatch> named = call_->refused();
  if (named && named->epoch == spool_.stats().epoch &&
      std::find(in_flight.begin(), in_flight.end(), named->sequence) != in_flight.end()) {
    Refuse(named->sequence, status);
    next_try_ = clock_.Monotonic() + options_.retry_delay_min;
    return;
  }
  // It is the connection that was refused: by gRPC when it is short of memory, or because a message is
  // larger than it takes. The first passes; the second would hold up everything behind it for ever.
  if (in_flight.size() == 1 && ++unnamed_refusals_ >= kUnnamedRefusalsMax) {
    Refuse(in_flight.front(), status);
    return;
  }
  careful_ = static_cast<uint32_t>(in_flight.size());
  Fail(status);
}

void Stream::Refuse(uint64_t sequence, const Status& status) {
  unnamed_refusals_ = 0;
  ++stats_.batches_refused;
  stats_.last_refusal = status.message();
  FW_LOG(kError, "batch.refused", {{"sequence", sequence}, {"error", status.ToString()}});
  Status refused = spool_.Refuse(sequence);
  Fail(refused.ok() ? status : refused);
}

void Stream::Fail(const Status& status) {
  call_.reset();
  greeted_ = false;
  stats_.connected = false;
  ++stats_.failures;
  if (stats_.last_error != status.message()) {
    FW_LOG(kWarn, "collector.disconnected", {{"error", status.ToString()}});
  }
  stats_.last_error = status.message();
  // Somewhere in the upper half of the delay, so that a fleet does not come back in step.
  double share = 0.5 + 0.5 * rng_.Unit();
  next_try_ = clock_.Monotonic() +
              Duration(static_cast<int64_t>(static_cast<double>(retry_delay_.count()) * share));
  retry_delay_ = std::min(retry_delay_ * 2, options_.retry_delay_max);
}

}  // namespace forewarn
