#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "collector/ca.h"
#include "collector/calls.h"
#include "collector/delivery_thread.h"
#include "collector/desk.h"
#include "collector/doors/intake.h"
#include "collector/doors/otlp_door.h"
#include "collector/doors/token_directory.h"
#include "collector/fair_pool.h"
#include "collector/http_server.h"
#include "collector/ingest_service.h"
#include "collector/metrics.h"
#include "collector/partitions.h"
#include "collector/query_api/query_api.h"
#include "collector/server.h"
#include "config/collector_settings.h"
#include "store/store.h"

namespace forewarn {

// The collector: everything in the order of its life. Built downwards, stopped upwards. Below
// data_dir:
//
//   db/             the store
//   tls/            the authority, the server's certificate, an operator's certificate, ctl.yaml
//   listening.yaml  where the collector listens, written when it is ready
//
// One thread builds, tends and stops it.
class App {
 public:
  // `clock` is a loan that outlives it.
  App(CollectorSettings settings, const Clock& clock);
  // Stops if that was not done.
  ~App();

  // Opens the store, replays, and begins to listen. The HTTP port answers while the store is
  // replayed, not ready yet. Fails with what stands in the way and what to do about it.
  Status Start();
  // Small chores; call it about once a second.
  void Tend();
  // Takes nothing more, acknowledges what was taken, ends everything. Ready is false from the first
  // moment.
  void Stop();

  // HOST:PORT, after Start().
  const std::string& grpc_address() const { return rpc_->address(); }
  const std::string& http_address() const { return http_->address(); }

 private:
  Status OpenStoreAndAuthority();
  Status OpenHttp();
  Status Replay();
  // A bundle that reached only some partitions before the process ended reaches the others.
  Status FinishBundle();
  // Copies the tokens of the other doors to where those look them up.
  Status OpenDoors();
  Status OpenRpc();
  Status SayWhereItListens();
  void AfterCommit(const Commit& commit);
  std::vector<HttpRoute> Routes();
  // Null while nothing is taken.
  DoorIntake* Doors() const { return ready_ ? doors_.get() : nullptr; }
  // Null while nobody is answered.
  Desk* Readers() const { return ready_ ? desk_.get() : nullptr; }
  // Says in the log, once a day, that the server's certificate is about to end.
  void WatchCertificate();
  // Counts what the shards hold, as of now.
  void TakeCensus();

  const CollectorSettings settings_;
  const Clock& clock_;

  // What the HTTP threads ask.
  std::atomic<bool> replayed_ = false;
  std::atomic<size_t> replayed_partitions_ = 0;
  std::atomic<bool> ready_ = false;
  // Tend()'s own.
  Duration dropped_at_{0};
  std::optional<Duration> certificate_looked_at_;

  Metrics metrics_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<CertificateAuthority> ca_;
  std::unique_ptr<DeliveryThread> delivery_;
  std::unique_ptr<Partitions> partitions_;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<DoorIntake> doors_;
  TokenDirectory source_tokens_;
  OtlpDoor otlp_;
  QueryApi query_api_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<CallPool> calls_;
  std::unique_ptr<CallPool> enrolments_;
  std::unique_ptr<FairPool> exports_;
  std::unique_ptr<IngestService> ingest_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<RpcServer> rpc_;
};

}  // namespace forewarn
