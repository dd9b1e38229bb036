#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/attack_world.h"

namespace forewarn {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr int64_t kMemoryFactor = 5;  // red zones, and what was freed is kept for a while
#else
inline constexpr int64_t kMemoryFactor = 1;
#endif
inline constexpr int64_t kMega = 1 << 20;
inline constexpr Duration kQueryTimeout = 5s;

class AttacksTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* full = std::getenv("FOREWARN_ATTACKS");
    full_ = full != nullptr && std::string(full) == "full";
    // Both are small enough for an attack to reach them soon.
    std::string settings = fmt::format(
        "data_dir: {0}\ngrpc: {{listen: '127.0.0.1:0'}}\nhttp: {{listen: '127.0.0.1:0'}}\n"
        "limits: {{series_per_probe: {1}, series_per_customer: {2}}}\nquery: {{timeout: {3}s}}\n"
        "log_level: error\n",
        dir_.path() + "/data", SeriesPerProbe(), SeriesPerCustomer(), kQueryTimeout / 1s);
    ASSERT_TRUE(WriteFileAtomically(dir_.path() + "/collector.yaml", settings).ok());
    const char* programs = std::getenv("FOREWARN_PROGRAMS");
    ASSERT_NE(programs, nullptr) << "the folder with the programs";
    collector_ = std::make_unique<Child>(
        std::vector<std::string>{std::string(programs) + "/forewarn-collector", "--config",
                                 dir_.path() + "/collector.yaml"});
    WaitFor([&] { return access((dir_.path() + "/data/listening.yaml").c_str(), R_OK) == 0; });
    std::ifstream listening(dir_.path() + "/data/listening.yaml");
    std::string key;
    listening >> key >> grpc_ >> key >> http_;
    WaitFor([&] { return Get("/readyz").find("ready\n") != std::string::npos; });
    CaOptions options;
    options.dir = dir_.path() + "/data/tls";
    auto authority = CertificateAuthority::Open(options, SystemClock().Now());
    ASSERT_TRUE(authority.ok()) << authority.status().ToString();
    authority_ = *std::move(authority);
    // What a first stream, a first sample and a first look at the metrics cost is no attacker's doing.
    honest_ = std::make_unique<HonestProbe>(*authority_, grpc_);
    WaitFor([&] { return honest_->acknowledged() > 10 || honest_->trouble() > 0; });
    memory_before_ = Memory();
  }

  int64_t SeriesPerProbe() const { return full_ ? 50'000 : 500; }
  int64_t SeriesPerCustomer() const { return full_ ? 200'000 : 2000; }
  // `small` of them here, `large` in earnest.
  int Many(int small, int large) const { return full_ ? large : small; }

  // What every attack must leave behind it.
  void Conclude(const std::string& what, int64_t memory_bound) {
    honest_->Stop();
    EXPECT_EQ(honest_->trouble(), 0u);
    EXPECT_LT(honest_->longest(), 20s);
    EXPECT_EQ(Query("honest", "sum(count_over_time(honest_load[2h]))"), honest_->acknowledged());
    int64_t grown = Memory() - memory_before_;
    EXPECT_LT(grown, memory_bound * kMemoryFactor) << "bytes";
    fmt::print(
        "{}: the honest probe had {} batches acknowledged, the slowest after {} ms; the collector "
        "grew by {} MiB to {} MiB\n",
        what, honest_->acknowledged(), honest_->longest().count(), grown / kMega, Memory() / kMega);
  }

  ProbeClient Attacker(int number = 1) { return {*authority_, grpc_, "evil", number}; }

  std::string Get(const std::string& path) {
    RawClient client(http_);
    client.Send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return client.ReadAll();
  }
  double Metric(const std::string& series) {
    std::string text = Get("/metrics");
    size_t at = text.find("\n" + series + " ");
    EXPECT_NE(at, std::string::npos) << series;
    return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size() + 2));
  }
  double Query(const std::string& customer, const std::string& expression) {
    v1::QueryRequest query;
    query.set_customer(customer);
    query.set_expression(expression);
    query.set_to_ms(NowMs() + 60'000);
    v1::QueryResponse found;
    grpc::ClientContext context;
    grpc::Status status = v1::QueryService::NewStub(Operator())->Query(&context, query, &found);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return found.series_size() == 1 && found.series(0).values_size() > 0 ? found.series(0).values(0)
                                                                         : -1;
  }
  std::shared_ptr<grpc::Channel> Operator() {
    auto keys = authority_->IssueOperator(OperatorIdentity{"test"}, SystemClock().Now());
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = authority_->ca_pem();
    options.pem_private_key = keys->key;
    options.pem_cert_chain = keys->chain;
    return grpc::CreateChannel(grpc_, grpc::SslCredentials(options));
  }
  // The collector's resident memory, in bytes.
  int64_t Memory() const {
    std::ifstream file(fmt::format("/proc/{}/statm", collector_->pid()));
    int64_t pages = 0;
    file >> pages >> pages;
    return pages * sysconf(_SC_PAGESIZE);
  }
  static void WaitFor(const std::function<bool()>& condition) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      poll(nullptr, 0, 20);
    }
  }
  static std::string Detail(const v1::Ack& ack, const std::string& reason) {
    for (const v1::Refusal& refusal : ack.refusals()) {
      if (refusal.reason() == reason) return refusal.detail();
    }
    return "";
  }

  bool full_ = false;
  TempDir dir_;
  std::unique_ptr<Child> collector_;
  std::string grpc_;
  std::string http_;
  std::unique_ptr<CertificateAuthority> authority_;
  std::unique_ptr<HonestProbe> honest_;
  int64_t memory_before_ = 0;
};

}  // namespace forewarn
