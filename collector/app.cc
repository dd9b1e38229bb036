#include "collector/app.h"

#include <fmt/format.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <utility>

#include "base/file.h"
#include "base/fingerprint.h"
#include "base/log.h"
#include "base/random.h"
#include "base/record.h"
#include "collector/doors/http_doors.h"
#include "collector/doors/otlp_service.h"
#include "collector/enrol_service.h"
#include "collector/operate_service.h"
#include "collector/version.h"
#include "config/customer_retention.h"
#include "model/ids.h"
#include "rules/shadow.h"

namespace forewarn {
namespace {

constexpr Duration kDrainPatience = 10s;
constexpr Duration kDropEvery = 10min;
constexpr Duration kExpiresSoon = 14 * 24h;
constexpr Duration kCensusPatience = 250ms;
constexpr size_t kCallThreads = 4;
constexpr size_t kCallQueue = 256;
// Enrolling is open to anybody: it may keep a shard and a core busy, but no operator waiting.
constexpr size_t kEnrolmentThreads = 1;
constexpr size_t kEnrolmentQueue = 64;
// OTLP over gRPC, which is long to read: of a source, 64 requests or 16 MiB may wait, and one request of each until
// 256 MiB do.
constexpr size_t kExportThreads = 2;
constexpr size_t kExportQueue = 256;
constexpr size_t kExportQueueBytes = 64 << 20;

PartitionsOptions ToPartitions(const CollectorSettings& settings) {
  PartitionsOptions options;
  unsigned processors = std::max(1u, std::thread::hardware_concurrency());
  options.shard_threads = settings.shards.threads == 0 ? processors : settings.shards.threads;
  options.queue_batches = settings.shards.queue_batches;
  options.committer.queue_commits = settings.shards.commit_queue;
  options.head.accepted_age = settings.limits.accepted_age;
  options.head.accepted_ahead = settings.limits.accepted_future;
  options.head.max_series_per_probe = static_cast<uint64_t>(settings.limits.series_per_probe);
  options.head.hash_seed = Fingerprint::Of(RandomHex(16)).value();
  options.head.max_series_per_customer = static_cast<uint64_t>(settings.limits.series_per_customer);
  options.history_kept = settings.retention.events;
  options.samples_kept = settings.retention.samples;
  options.rollups_kept = settings.retention.rollups;
  options.closed_kept = settings.retention.tickets;
  return options;
}

DeliveryOptions ToDelivery(const CollectorSettings& settings) {
  DeliveryOptions options;
  options.dispatch.max_attempts = static_cast<uint32_t>(settings.dispatch.max_attempts);
  options.dispatch.backoff_min = settings.dispatch.backoff_min;
  options.dispatch.backoff_max = settings.dispatch.backoff_max;
  const SmtpSettings& smtp = settings.smtp;
  options.smtp = {smtp.host, smtp.port,          smtp.tls,  smtp.ca_file,
                  smtp.user, smtp.password_file, smtp.from, smtp.timeout};
  options.webhook = {settings.webhook.allow_private_addresses, settings.webhook.allow_http,
                     settings.webhook.ca_file, settings.webhook.timeout};
  return options;
}

CaOptions ToCa(const CollectorSettings& settings) {
  CaOptions options;
  options.dir = settings.data_dir + "/tls";
  options.names = settings.grpc.server_names;
  options.probe_lifetime = settings.probes.certificate_lifetime;
  const ServerTls& tls = settings.grpc.tls;
  options.foreign = {tls.certificate_file, tls.key_file, tls.ca_file};
  return options;
}

// The last thing a process says whose disk does not take its writes: nothing of them was
// acknowledged, and the next start replays.
[[noreturn]] void Die(const Status& status) {
  FW_LOG(kError, "commit.failed",
         {{"reason", status.message()},
          {"remedy",
           "nothing that was acknowledged is lost; free space or repair the disk, then start "
           "the collector again"}});
  std::_Exit(EXIT_FAILURE);
}

}  // namespace

App::App(CollectorSettings settings, const Clock& clock)
    : settings_(std::move(settings)),
      clock_(clock),
      otlp_([this] { return Doors(); }, metrics_, clock_, settings_.limits),
      query_api_({[this] { return Readers(); }, source_tokens_, metrics_, clock_, settings_.query,
                  settings_.doors.tokens_without_tls}) {}

App::~App() { Stop(); }

Status App::Start() {
  FW_LOG(kInfo, "collector.started", {{"version", kVersion}, {"data_dir", settings_.data_dir}});
  FW_RETURN_IF_ERROR(OpenStoreAndAuthority());
  FW_RETURN_IF_ERROR(OpenHttp());
  FW_RETURN_IF_ERROR(Replay());
  FW_RETURN_IF_ERROR(FinishBundle());
  FW_RETURN_IF_ERROR(OpenDoors());
  FW_RETURN_IF_ERROR(OpenRpc());
  FW_RETURN_IF_ERROR(SayWhereItListens());
  delivery_->Start(*partitions_);
  rpc_->SetServing(true);
  ready_ = true;
  metrics_.SetReady(true);
  dropped_at_ = clock_.Monotonic();
  FW_LOG(kInfo, "collector.ready", {{"grpc", rpc_->address()}, {"http", http_->address()}});
  return OkStatus();
}

Status App::OpenStoreAndAuthority() {
  FW_RETURN_IF_ERROR(MakeDirs(settings_.data_dir, 0750));
  StoreOptions store;
  store.dir = settings_.data_dir + "/db";
  FW_ASSIGN_OR_RETURN(store_, OpenStore(store));
  FW_ASSIGN_OR_RETURN(ca_, CertificateAuthority::Open(ToCa(settings_), clock_.Now()));
  metrics_.CertificateExpires(ca_->server_expires_at());
  return OkStatus();
}

Status App::OpenHttp() {
  HttpOptions options;
  options.listen = settings_.http.listen;
  options.certificate_file = settings_.http.tls.certificate_file;
  options.key_file = settings_.http.tls.key_file;
  options.threads = settings_.http.threads;
  options.max_connections = settings_.http.max_connections;
  options.max_waiting_bytes = settings_.doors.max_waiting_size;
  FW_ASSIGN_OR_RETURN(http_, HttpServer::Open(options, Routes()));
  return OkStatus();
}

Status App::Replay() {
  auto seed = static_cast<uint64_t>(ToMillis(clock_.Now()));
  delivery_ =
      std::make_unique<DeliveryThread>(ToDelivery(settings_), *store_, clock_, metrics_, seed);
  Committer::Hooks hooks;
  hooks.durable = [this](const Commit& commit) { AfterCommit(commit); };
  hooks.written = [this](const Committer::Group& group) {
    metrics_.CommitWritten(group.took, group.commits);
  };
  hooks.fatal = Die;
  PartitionsOptions options = ToPartitions(settings_);
  options.evaluated = [this](const Shard::Evaluation& evaluation) {
    metrics_.RulesEvaluated(evaluation.took, evaluation.series, evaluation.evaluations.live,
                            evaluation.evaluations.general);
  };
  options.dropped = [this](auto, const auto& dropped) { metrics_.RetentionDropped(dropped); };
  partitions_ = std::make_unique<Partitions>(*store_, clock_, std::move(options), std::move(hooks));
  Duration begun = clock_.Monotonic();
  auto progress = [this, begun](size_t done, size_t total) {
    replayed_partitions_ = done;
    // Ten lines, however long it takes.
    if (done * 10 / total == (done - 1) * 10 / total) return;
    FW_LOG(kInfo, "journal.replaying",
           {{"partitions", done},
            {"of", total},
            {"took_seconds", ToSeconds(clock_.Monotonic() - begun)}});
  };
  FW_RETURN_IF_ERROR(partitions_->Recover(progress).With("replaying the journal"));
  partitions_->Start();
  desk_ = std::make_unique<Desk>(*partitions_, *store_, clock_);
  replayed_ = true;
  FW_LOG(kInfo, "journal.replayed", {{"took_seconds", ToSeconds(clock_.Monotonic() - begun)}});
  return OkStatus();
}

Status App::FinishBundle() {
  Bundle applied;
  auto ask = [&](const Shard& shard) { applied = shard.bundle(); };
  FW_RETURN_IF_ERROR(desk_->Ask(kControlPartition, ask));
  if (applied.id.empty()) return OkStatus();
  FW_RETURN_IF_ERROR(CheckRetentionInForce(applied, settings_));
  for (uint32_t partition = 0; partition < kPartitions; ++partition) {
    std::string here;
    FW_RETURN_IF_ERROR(
        desk_->Ask(partition, [&](const Shard& shard) { here = shard.bundle().id; }));
    if (here == applied.id) continue;
    FW_RETURN_IF_ERROR(desk_->Submit(partition, "forewarn", applied)
                           .status()
                           .With("bringing a partition up to the applied bundle"));
  }
  return OkStatus();
}

Status App::OpenDoors() {
  doors_ = std::make_unique<DoorIntake>(*partitions_, metrics_, clock_, settings_.limits);
  return desk_->Ask(kControlPartition, [&](const Shard& shard) {
    for (const auto& [hash, token] : shard.source_tokens().all()) {
      source_tokens_.Keep(hash, EncodeRecord(token));
    }
  });
}

Status App::OpenRpc() {
  calls_ = std::make_unique<CallPool>(kCallThreads, kCallQueue);
  enrolments_ = std::make_unique<CallPool>(kEnrolmentThreads, kEnrolmentQueue);
  exports_ = std::make_unique<FairPool>(kExportThreads, kExportQueue, kExportQueueBytes);
  ingest_ = std::make_unique<IngestService>(*partitions_, metrics_, clock_, settings_.limits);
  OperateParts parts{*desk_, *calls_, *ca_, settings_};
  services_.push_back(MakeEnrolmentService(*desk_, *enrolments_, *calls_, *ca_, metrics_));
  services_.push_back(MakeProbeService(parts));
  services_.push_back(MakeSourceService(parts));
  services_.push_back(MakeBundleService(parts));
  services_.push_back(MakeQueryService(parts));
  services_.push_back(MakeAlertService(parts));
  services_.push_back(MakeTicketService(parts));

  for (auto& service : MakeOtlpServices(otlp_, source_tokens_, *exports_, clock_))
    services_.push_back(std::move(service));

  std::vector<grpc::Service*> services = {&ingest_->service()};
  for (const auto& service : services_) services.push_back(service.get());
  std::vector<std::string> names;
  for (const char* name : {"IngestService", "EnrolmentService", "ProbeService", "SourceService",
                           "BundleService", "QueryService", "AlertService", "TicketService"}) {
    names.push_back(std::string("forewarn.v1.") + name);
  }
  names.emplace_back("opentelemetry.proto.collector.logs.v1.LogsService");
  names.emplace_back("opentelemetry.proto.collector.metrics.v1.MetricsService");
  RpcServerOptions options;
  options.listen = settings_.grpc.listen;
  options.check_token = [this](std::string_view authorization) {
    return source_tokens_.Check(authorization, SourceToken::Door::kOtlp, clock_.Now()).status();
  };
  options.server = ca_->server();
  options.client_ca_pem = ca_->ca_pem();
  // A batch a little beyond its limit is refused by us with a sentence, one far beyond by gRPC.
  options.max_message_bytes = std::max<int64_t>(16 << 20, settings_.limits.max_batch_size * 2);
  options.reflection = settings_.grpc.reflection;
  FW_ASSIGN_OR_RETURN(rpc_, RpcServer::Start(options, services, names));
  return OkStatus();
}

Status App::SayWhereItListens() {
  const std::string tls = settings_.data_dir + "/tls";
  const std::string& foreign = settings_.grpc.tls.ca_file;
  FW_RETURN_IF_ERROR(WriteFileAtomically(
      tls + "/ctl.yaml",
      fmt::format("collector: {}\nca_file: {}\ncertificate_file: {}\nkey_file: {}\n",
                  LocalAddress(rpc_->address()), foreign.empty() ? tls + "/ca.pem" : foreign,
                  tls + "/operator-admin.pem", tls + "/operator-admin.key")));
  return WriteFileAtomically(
      settings_.data_dir + "/listening.yaml",
      fmt::format("grpc: {}\nhttp: {}\n", rpc_->address(), http_->address()));
}

// On the committer's thread: hands on and counts, never waits.
void App::AfterCommit(const Commit& commit) {
  if (commit.empty) return;
  for (const Notification& notification : commit.outbox) {
    delivery_->Take(commit.partition, notification);
  }
  for (const std::string& problem : commit.problems) {
    FW_LOG(kWarn, "rule.failed", {{"reason", problem}});
  }
  if (!commit.problems.empty()) metrics_.RulesFailed(commit.problems.size());
  bool resolved = false;
  for (const StatePut& put : commit.state) {
    if (put.kind == StateKind::kSourceToken) {
      std::optional<SourceToken> revoked = source_tokens_.Keep(put.id, put.record);
      if (revoked) doors_->Revoke(*revoked);
    }
    if (put.record.empty()) continue;
    if (put.kind == StateKind::kBundle && commit.partition == kControlPartition) {
      if (StatusOr<Bundle> bundle = DecodeRecord<Bundle>(put.record); bundle.ok()) {
        delivery_->SetReceivers(bundle->receivers);
      }
    } else if (put.kind == StateKind::kTimeline) {
      StatusOr<TimelineItem> line = DecodeRecord<TimelineItem>(put.record);
      resolved = resolved || (line.ok() && line->what == "resolved");
    }
  }
  if (!resolved) return;
  for (const StatePut& put : commit.state) {
    if (put.kind != StateKind::kTicket || put.record.empty()) continue;
    StatusOr<Ticket> ticket = DecodeRecord<Ticket>(put.record);
    if (ticket.ok() && ticket->prevented && ticket->state == TicketState::kResolved) {
      metrics_.TicketPrevented();
    }
  }
}

std::vector<HttpRoute> App::Routes() {
  auto metrics = [this](const HttpRequest&) {
    if (replayed_) TakeCensus();
    return HttpResponse{200, metrics_.Text(), "text/plain; version=0.0.4; charset=utf-8"};
  };
  auto live = [](const HttpRequest&) { return HttpResponse{200, "alive\n"}; };
  auto ready = [this](const HttpRequest&) {
    if (ready_) return HttpResponse{200, "ready\n"};
    if (replayed_) return HttpResponse{503, "not ready: starting or stopping\n"};
    return HttpResponse{503,
                        fmt::format("not ready: replaying the journal, {} of {} partitions done\n",
                                    replayed_partitions_.load(), kPartitions + 1)};
  };
  std::vector<HttpRoute> routes = HttpDoors({[this] { return Doors(); }, otlp_, source_tokens_,
                                             metrics_, clock_, settings_.limits, settings_.doors});
  for (HttpRoute& route : query_api_.Routes()) routes.push_back(std::move(route));
  routes.insert(routes.begin(),
                {{"GET", "/metrics", metrics}, {"GET", "/livez", live}, {"GET", "/readyz", ready}});
  return routes;
}

void App::TakeCensus() {
  metrics_.QueueDepth(partitions_->queued());
  metrics_.SetStorage(store_->Look());
  Metrics::Census census;
  auto count = [&census](const Shard& shard) {
    for (const auto& [uuid, probe] : shard.contacts().all()) {
      ++census.contact[static_cast<int>(probe.contact)];
    }
    for (const Alert& alert : shard.engine().Alerts()) {
      if (!IsShadow(alert)) ++census.alerts[static_cast<int>(alert.state) - 1];
    }
    for (const auto& [rule, firings] : shard.engine().ShadowFirings()) {
      census.shadow_firings[rule] += firings;
    }
    for (const auto& [number, ticket] : shard.incidents().tickets()) {
      bool open = ticket.state == TicketState::kOpen || ticket.state == TicketState::kAcknowledged;
      if (open) ++census.tickets[static_cast<int>(ticket.severity)];
    }
    for (const auto& [id, notification] : shard.planner().outbox()) {
      census.outbox_waiting += notification.state == DeliveryState::kWaiting;
      census.outbox_dead += notification.state == DeliveryState::kDead;
    }
    census.series += shard.head().series_count();
    census.head_bytes += shard.head().memory_bytes();
  };
  for (uint32_t partition = 0; partition < partitions_->partition_count(); ++partition) {
    // A shard that is too busy to count keeps the figures of the last look; half a count would lie.
    if (!partitions_->AskAndWait(partition, count, kCensusPatience).ok()) return;
  }
  metrics_.SetCensus(census);
}

void App::WatchCertificate() {
  const Duration now = clock_.Monotonic();
  if (certificate_looked_at_ && now - *certificate_looked_at_ < 24h) return;
  certificate_looked_at_ = now;
  const Duration left = ca_->server_expires_at() - clock_.Now();
  if (left > kExpiresSoon) return;
  const std::string& foreign = settings_.grpc.tls.certificate_file;
  FW_LOG(kError, "collector.certificate_expiring",
         {{"days_left", std::chrono::duration_cast<std::chrono::hours>(left).count() / 24},
          {"remedy", foreign.empty()
                         ? "restart the collector, which then issues a new one"
                         : "put a new certificate at " + foreign + " and restart the collector"}});
}

void App::Tend() {
  if (ca_ != nullptr) WatchCertificate();
  if (doors_ != nullptr) doors_->EndRounds();
  if (partitions_ == nullptr || clock_.Monotonic() - dropped_at_ < kDropEvery) return;
  dropped_at_ = clock_.Monotonic();
  partitions_->DropOld([](const Status& outcome) {
    if (!outcome.ok()) FW_LOG(kError, "retention.failed", {{"reason", outcome.message()}});
  });
}

void App::Stop() {
  if (store_ == nullptr) return;
  FW_LOG(kInfo, "collector.stopping", {});
  ready_ = false;
  metrics_.SetReady(false);
  if (ingest_ != nullptr) ingest_->Drain();
  if (rpc_ != nullptr) rpc_->Shutdown(kDrainPatience);
  enrolments_.reset();
  calls_.reset();
  exports_.reset();
  // No message leaves any more whose outcome could not be recorded.
  if (delivery_ != nullptr) delivery_->Stop();
  query_api_.Stop();
  http_.reset();  // after the last answer that the doors and queries owe
  desk_.reset();
  rpc_.reset();
  services_.clear();
  partitions_.reset();
  doors_.reset();
  ingest_.reset();
  delivery_.reset();
  ca_.reset();
  store_.reset();
  FW_LOG(kInfo, "collector.stopped", {});
}

}  // namespace forewarn
