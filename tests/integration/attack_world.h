#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "collector/ca.h"
#include "forewarn/v1/ingest.grpc.pb.h"
#include "forewarn/v1/operate.grpc.pb.h"
#include "tests/integration/child.h"
#include "tests/integration/client_key.h"
#include "tests/unit/collector/raw_client.h"
#include "tests/unit/collector/temp_dir.h"

namespace forewarn {

inline int64_t NowMs() { return ToMillis(SystemClock().Now()); }

// A connection with a probe's certificate.
class ProbeClient {
 public:
  ProbeClient(const CertificateAuthority& authority, const std::string& address,
              const std::string& customer, int number)
      : identity_{customer, "prod", Uuid(customer, number)} {
    KeyAndRequest made = MakeRequest();
    auto chain = authority.SignProbe(made.csr_der, identity_, SystemClock().Now());
    EXPECT_TRUE(chain.ok()) << chain.status().ToString();
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = authority.ca_pem();
    options.pem_private_key = made.key_pem;
    options.pem_cert_chain = chain.ok() ? *chain : "";
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    channel_ = grpc::CreateCustomChannel(address, grpc::SslCredentials(options), arguments);
    ingest_ = v1::IngestService::NewStub(channel_);
  }

  const ProbeIdentity& identity() const { return identity_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  v1::IngestService::Stub& ingest() { return *ingest_; }

 private:
  // The same for each run, so that a failure can be looked up in the log.
  static std::string Uuid(const std::string& customer, int number) {
    std::string digits = std::to_string(1'000'000 + number);
    return (customer == "honest" ? "0000000a" : "0000000b") + ("-0000-4000-8000-00000" + digits);
  }

  ProbeIdentity identity_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::IngestService::Stub> ingest_;
};

// A push stream, as far as an attacker cares to speak the protocol.
class Stream {
 public:
  // Says hello, and reads the welcome, when `clock_ms` is one.
  explicit Stream(ProbeClient& probe, int64_t clock_ms = NowMs()) : probe_(probe) {
    stream_ = probe.ingest().Push(&context_);
    v1::PushRequest request;
    request.mutable_hello()->set_clock_ms(clock_ms);
    request.mutable_hello()->set_host("web-1");
    request.mutable_hello()->set_version("0.1.0");
    v1::PushResponse response;
    if (stream_->Write(request) && stream_->Read(&response)) welcome_ = response.welcome();
  }

  const v1::Welcome& welcome() const { return welcome_; }
  // The next response; false when the stream has ended.
  bool Push(const v1::PushRequest& request, v1::Ack& ack) {
    v1::PushResponse response;
    if (!stream_->Write(request) || !stream_->Read(&response)) return false;
    ack = response.ack();
    return true;
  }
  grpc::Status End() {
    stream_->WritesDone();
    v1::PushResponse response;
    while (stream_->Read(&response)) {
    }
    return stream_->Finish();
  }

 private:
  ProbeClient& probe_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::PushRequest, v1::PushResponse>> stream_;
  v1::Welcome welcome_;
};

// Writes batches by hand.
struct BatchWriter {
  BatchWriter(uint64_t epoch, uint64_t sequence) {
    request.mutable_batch()->set_epoch(epoch);
    request.mutable_batch()->set_sequence(sequence);
  }
  BatchWriter& Series(uint32_t ref, const std::vector<std::string>& labels) {
    v1::SeriesDefinition* series = request.mutable_batch()->add_series();
    series->set_ref(ref);
    for (const std::string& label : labels) series->add_labels(label);
    return *this;
  }
  BatchWriter& Sample(uint32_t ref, int64_t at_ms, double value) {
    // A column each: references and times are differences within one.
    v1::SampleColumns* columns = request.mutable_batch()->add_samples();
    columns->add_refs(static_cast<int32_t>(ref));
    columns->add_times_ms(at_ms);
    columns->add_values(value);
    return *this;
  }
  BatchWriter& Round(int64_t end_ms) {
    request.mutable_batch()->add_rounds()->set_end_ms(end_ms);
    return *this;
  }
  v1::PushRequest request;
};

// A probe of another customer, which pushes one sample after the other and has each acknowledged.
class HonestProbe {
 public:
  HonestProbe(const CertificateAuthority& authority, const std::string& address)
      : probe_(authority, address, "honest", 0), thread_([this] { Run(); }) {}
  ~HonestProbe() { Stop(); }

  void Stop() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    stopped_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  uint64_t acknowledged() const { return acknowledged_; }
  uint64_t trouble() const { return trouble_; }
  Duration longest() const { return Duration(longest_ms_.load()); }

 private:
  static constexpr std::chrono::milliseconds kInterval{20};

  bool IsStopping() {
    std::lock_guard lock(mutex_);
    return stopping_;
  }
  void Run() {
    Stream stream(probe_);
    SystemClock clock;
    for (uint64_t sequence = 1; !IsStopping(); ++sequence) {
      BatchWriter batch(7, sequence);
      if (sequence == 1) batch.Series(0, {"__name__", "honest_load"});
      // Each a millisecond after the last one at least, or it would be a duplicate.
      last_ms_ = std::max(NowMs(), last_ms_ + 1);
      batch.Sample(0, last_ms_, 1).Round(last_ms_);
      Duration begun = clock.Monotonic();
      v1::Ack ack;
      if (!stream.Push(batch.request, ack) || ack.sequence() != sequence ||
          ack.refusals_size() > 0) {
        ++trouble_;
        return;
      }
      ++acknowledged_;
      longest_ms_ = std::max(longest_ms_.load(), (clock.Monotonic() - begun).count());
      std::unique_lock lock(mutex_);
      stopped_.wait_for(lock, kInterval, [&] { return stopping_; });
    }
    if (!stream.End().ok()) ++trouble_;
  }

  ProbeClient probe_;
  int64_t last_ms_ = 0;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;  // guarded by mutex_
  std::atomic<uint64_t> acknowledged_ = 0;
  std::atomic<uint64_t> trouble_ = 0;
  std::atomic<int64_t> longest_ms_ = 0;
  std::thread thread_;  // last, since it uses all of them
};

}  // namespace forewarn
