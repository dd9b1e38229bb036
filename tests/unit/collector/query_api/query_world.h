#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/record.h"
#include "collector/query_api/query_api.h"
#include "collector/source_tokens.h"
#include "collector/x509.h"
#include "model/commit.h"
#include "store/memory_store.h"
#include "tests/unit/collector/fold_samples.h"
#include "tests/unit/collector/raw_client.h"

namespace forewarn {

// The query API behind a real HTTP server, over a real fold with a memory store. `load` is 2 of acme
// and 3 of globex, at kTestStart, with an alert of both.
class QueryWorld : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(partitions_.Recover([](size_t, size_t) {}).ok());
    partitions_.Start();
    Bundle bundle = TestBundle();
    bundle.customers.push_back(bundle.customers[0]);
    bundle.customers[1].id = "globex";
    for (uint32_t partition = 0; partition <= kPartitions; ++partition) {
      ASSERT_TRUE(desk_.Submit(partition, "test", bundle).ok());
    }
    Take(TestBatch(1, kTestStart, 2));
    Take(TestBatch(1, kTestStart, 3, TestProbe("globex")));
    acme_ = Token("acme");
    everybody_ = Token("");
    auto server = HttpServer::Open({}, api_.Routes());
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = *std::move(server);
  }
  void Take(Entry entry) {
    ASSERT_TRUE(desk_.Submit(entry.partition, entry.actor, std::move(entry.what)).ok());
  }
  std::string Token(const std::string& customer,
                    SourceToken::Door door = SourceToken::Door::kQuery) {
    std::string text = MakeSourceToken();
    SourceToken token;
    token.hash = Sha256Hex(text);
    token.door = door;
    token.customer = customer;
    token.source = "grafana";
    tokens_.Keep(token.hash, EncodeRecord(token));
    return text;
  }
  // The answer to a GET, with its header.
  std::string Get(const std::string& target, const std::string& token) {
    RawClient client(server_->address());
    client.Send(
        fmt::format("GET /api/v1/{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    "Authorization: Bearer {}\r\n\r\n",
                    target, token));
    return client.ReadAll();
  }
  std::string Get(const std::string& target) { return Get(target, acme_); }
  std::string Post(const std::string& path, const std::string& form,
                   const std::string& type = "application/x-www-form-urlencoded") {
    RawClient client(server_->address());
    client.Send(
        fmt::format("POST /api/v1/{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    "Authorization: Bearer {}\r\nContent-Type: {}\r\n"
                    "Content-Length: {}\r\n\r\n{}",
                    path, acme_, type, form.size(), form));
    return client.ReadAll();
  }

  ManualClock clock_{kTestStart};
  MemoryStore store_;
  Metrics metrics_;
  TokenDirectory tokens_;
  QuerySettings settings_;
  Partitions partitions_{
      store_, clock_, PartitionsOptions{},
      Committer::Hooks{[](const Commit&) {}, [](const Committer::Group&) {}, [](const Status&) {}}};
  Desk desk_{partitions_, store_, clock_};
  bool ready_ = true;
  std::atomic<int> asked_for_desk_ = 0;
  QueryApi api_{{[this] {
                   ++asked_for_desk_;
                   asked_for_desk_.notify_all();
                   return ready_ ? &desk_ : nullptr;
                 },
                 tokens_, metrics_, clock_, settings_}};
  std::unique_ptr<HttpServer> server_;
  std::string acme_;
  std::string everybody_;
};

}  // namespace forewarn
