#include "probe/app.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "base/fingerprint.h"
#include "base/log.h"
#include "base/random.h"
#include "base/units.h"
#include "probe/sources.h"
#include "probe/trim.h"
#include "probe/version.h"

namespace forewarn {
namespace {

constexpr Duration kTurn = 250ms;   // how soon a signal is noticed
constexpr Duration kFarewell = 3s;  // for the last batches when stopping
constexpr Duration kRenewalRetry = 10min;
constexpr Duration kTrimInterval = 1min;
constexpr int64_t kLedgerBytes = 16 << 20;

// For the jitter of reconnects: a fleet started at once must not come back in step.
uint64_t Seed() { return Fingerprint::Of(RandomHex(8)).value(); }

// True when `fd` becomes readable within `patience`.
bool WaitReadable(int fd, Duration patience) {
  pollfd one{fd, POLLIN, 0};
  return poll(&one, 1, static_cast<int>(patience.count())) > 0;
}

}  // namespace

std::string HostName(const std::string& configured) {
  if (!configured.empty()) return configured;
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

App::App(const ProbeSettings& settings, const Clock& clock)
    : settings_(settings), clock_(clock), rng_(Seed()), ledger_(settings.state_dir, kLedgerBytes) {}

StatusOr<std::unique_ptr<App>> App::Open(const ProbeSettings& settings, const Clock& clock) {
  std::unique_ptr<App> app(new App(settings, clock));
  FW_RETURN_IF_ERROR(app->Load());
  return app;
}

Status App::Load() {
  started_at_ = clock_.Now();
  FW_ASSIGN_OR_RETURN(identity_, LoadIdentity(settings_.state_dir));
  FW_ASSIGN_OR_RETURN(certificate_, ReadCertificateLife(identity_.certificate_pem));
  identity_.collector = settings_.collector;
  identity_.server_name = settings_.server_name;
  enrolment_ = MakeGrpcEnrolmentCalls();
  transport_ = MakeGrpcTransport(CollectorOf(identity_), TlsOf(identity_));

  std::string key_file = settings_.redaction.key_file;
  if (key_file.empty()) key_file = settings_.state_dir + "/redaction.key";
  FW_ASSIGN_OR_RETURN(std::string key, LoadOrMakeKey(key_file));
  FW_ASSIGN_OR_RETURN(redactor_, RedactorOf(settings_.redaction, std::move(key)));

  SpoolOptions spool;
  spool.folder = settings_.state_dir + "/spool";
  spool.max_bytes = settings_.spool.max_size;
  spool.max_age = settings_.spool.max_age;
  FW_ASSIGN_OR_RETURN(spool_, Spool::Open(spool, clock_.Now()));

  StreamOptions stream;
  stream.version = kProbeVersion;
  stream.host = HostName(settings_.host_name);
  stream.clock_offset = LoadClockOffset(settings_.state_dir).value_or(Duration(0));
  stream_ = std::make_unique<Stream>(
      stream, *spool_, *transport_, clock_, rng_, [this](const SpooledBatch& batch) {
        Status status = ledger_.Write(batch, clock_.Now());
        if (!status.ok()) {
          FW_LOG(kError, "ledger.failed", {{"error", status.message()}});
        }
        const Reports& reports = batch.item.reports;
        ++sent_.batches;
        sent_.samples += batch.item.samples.size();
        sent_.events += reports.events.size();
        sent_.checks += reports.checks.size();
        sent_.facts += reports.facts.size();
        sent_.changes += reports.changes.size();
      });
  FW_ASSIGN_OR_RETURN(std::vector<std::unique_ptr<Source>> sources,
                      SourcesOf(settings_, *redactor_, clock_));
  AgentOptions agent;
  agent.interval = settings_.interval;
  agent_ =
      std::make_unique<Agent>(agent, std::move(sources), *redactor_, *spool_, *stream_, clock_);
  return OkStatus();
}

void App::Run(int stop_fd) {
  FW_LOG(kInfo, "probe.started",
         {{"version", kProbeVersion},
          {"customer", identity_.customer},
          {"installation", identity_.installation},
          {"probe", identity_.probe},
          {"collector", settings_.collector}});
  Duration next_round = clock_.Monotonic();
  Duration next_trim = next_round + 3 * settings_.interval;  // when the start is over
  bool was_connected = false;
  uint64_t connects = 0;
  for (;;) {
    bool ready = agent_->Ready();
    if (ready && clock_.Monotonic() >= next_round) {
      agent_->Round();
      RenewIfDue();
      WriteStatus();
      if (clock_.Monotonic() >= next_trim) {
        TrimMemory();
        next_trim = clock_.Monotonic() + kTrimInterval;
      }
      next_round += settings_.interval;
      // After a long stop (a suspended host) rounds go on from now; those missed are not made up.
      if (next_round <= clock_.Monotonic()) next_round = clock_.Monotonic() + settings_.interval;
    }
    Duration turn = ready ? std::clamp(next_round - clock_.Monotonic(), Duration(0), kTurn) : kTurn;
    bool waited = stream_->Step(turn);
    if (connects != stream_->stats().connects) {
      connects = stream_->stats().connects;
      KeepClockOffset();
    }
    if (stream_->stats().connected != was_connected) {
      was_connected = !was_connected;
      WriteStatus();
    }
    if (WaitReadable(stop_fd, waited ? Duration(0) : turn)) break;
  }
  Duration deadline = clock_.Monotonic() + kFarewell;
  while (!stream_->idle() && clock_.Monotonic() < deadline && stream_->Step(kTurn)) {
  }
  WriteStatus(/*running=*/false);
  FW_LOG(kInfo, "probe.stopped",
         {{"spool_records", spool_->stats().waiting + spool_->stats().under_way}});
}

void App::RenewIfDue() {
  Timestamp now = clock_.Now();
  if (!certificate_.ShouldRenew(now) || now < next_renewal_ || !stream_->stats().connected) return;
  next_renewal_ = now + kRenewalRetry;
  Status status = Renew(settings_.state_dir, identity_, *enrolment_);
  StatusOr<CertificateLife> life = ReadCertificateLife(identity_.certificate_pem);
  if (status.ok() && !life.ok()) status = life.status();
  if (!status.ok()) {
    FW_LOG(kWarn, "certificate.renewal_failed",
           {{"error", status.ToString()}, {"expires_at", FormatTime(certificate_.not_after)}});
    return;
  }
  certificate_ = *life;
  FW_LOG(kInfo, "certificate.renewed", {{"expires_at", FormatTime(certificate_.not_after)}});
  std::unique_ptr<Transport> transport =
      MakeGrpcTransport(CollectorOf(identity_), TlsOf(identity_));
  stream_->Reconnect(*transport);
  transport_ = std::move(transport);
}

void App::KeepClockOffset() {
  Status saved = SaveClockOffset(settings_.state_dir, stream_->stats().clock_offset);
  if (!saved.ok()) FW_LOG(kWarn, "clock_offset.failed", {{"error", saved.message()}});
}

void App::WriteStatus(bool running) {
  const StreamStats& stream = stream_->stats();
  const AgentStats& agent = agent_->stats();
  SpoolStats spool = spool_->stats();
  ProbeStatus status;
  status.written_at = clock_.Now();
  status.running = running;
  status.started_at = started_at_;
  status.version = kProbeVersion;
  status.customer = identity_.customer;
  status.installation = identity_.installation;
  status.probe = identity_.probe;
  status.collector = settings_.collector;
  status.connected = running && stream.connected;
  status.last_contact = stream.last_contact;
  status.last_ack = stream.last_ack;
  status.last_error = stream.last_error;
  status.last_refusal = stream.last_refusal;
  status.clock_offset_ms = stream.clock_offset.count();
  status.interval = settings_.interval;
  status.rounds = agent.rounds;
  status.last_round = agent.last_round;
  status.spool_bytes = spool.bytes;
  status.spool_records = spool.waiting + spool.under_way;
  status.spool_oldest = spool.oldest;
  status.spool_under_way = spool.under_way;
  status.spool_max_bytes = settings_.spool.max_size;
  status.gap_total = spool.gap_total;
  status.gaps = spool_->lost();
  status.kept_back = agent.kept_back;
  status.left_out = stream.samples_left_out;
  status.sent = sent_;
  status.ledger = ledger_.path();
  status.certificate_expires_at = certificate_.not_after;
  status.source_errors = agent.source_errors;
  Status saved = SaveStatus(settings_.state_dir, status);
  if (!saved.ok()) FW_LOG(kWarn, "status.failed", {{"error", saved.message()}});
}

}  // namespace forewarn
