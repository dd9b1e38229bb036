// Asks one server the same kind of question many times, one after the other, and prints one line of JSON:
// how long answers took, and how many points the last one had, so that the caller sees that two servers
// answered alike. The CPU of the server is the caller's to measure.
//
// Through either door: HTTP as Prometheus serves it, or Forewarn's gRPC over mutual TLS.

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "base/rng.h"
#include "bench/http_connection.h"
#include "bench/timing.h"
#include "ctl/connection.h"
#include "forewarn/v1/operate.grpc.pb.h"

namespace forewarn::bench {
namespace {

struct Options {
  bool forewarn = false;
  uint16_t port = 0;
  std::string certificates;
  std::string customer;
  std::string expression;
  std::string extra;
  size_t hosts = 1;
  size_t count = 100;
  int64_t from_ms = 0;
  int64_t to_ms = 0;
  int64_t step_ms = 0;
};

class Door {
 public:
  virtual ~Door() = default;
  // Asks and keeps the answer.
  virtual Status Ask(const std::string& expression) = 0;
  // Points of the last answer.
  virtual size_t Points() const = 0;
};

class ForewarnDoor : public Door {
 public:
  static StatusOr<std::unique_ptr<Door>> Open(const Options& options) {
    ConnectionOptions connection;
    connection.collector = fmt::format("127.0.0.1:{}", options.port);
    connection.certificates = options.certificates;
    FillFromFolder(connection);
    FW_ASSIGN_OR_RETURN(std::unique_ptr<Connection> opened, Connection::Open(connection));
    return std::unique_ptr<Door>(new ForewarnDoor(options, std::move(opened)));
  }

  Status Ask(const std::string& expression) override {
    v1::QueryRequest request;
    request.set_customer(options_.customer);
    request.set_expression(expression);
    if (options_.step_ms != 0) request.set_from_ms(options_.from_ms);
    request.set_to_ms(options_.to_ms);
    request.set_step_ms(options_.step_ms);
    answer_.Clear();
    return connection_->Call<v1::QueryService>(&v1::QueryService::Stub::Query, request, answer_);
  }

  size_t Points() const override {
    size_t points = 0;
    for (const v1::QuerySeries& series : answer_.series()) {
      points += static_cast<size_t>(series.values_size());
    }
    return points;
  }

 private:
  ForewarnDoor(const Options& options, std::unique_ptr<Connection> connection)
      : options_(options), connection_(std::move(connection)) {}

  const Options& options_;
  const std::unique_ptr<Connection> connection_;
  v1::QueryResponse answer_;
};

std::string UrlEncoded(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

class PrometheusDoor : public Door {
 public:
  explicit PrometheusDoor(const Options& options) : options_(options), connection_(options.port) {}

  Status Ask(const std::string& expression) override {
    auto seconds = [](int64_t ms) { return static_cast<double>(ms) / 1000; };
    std::string path = "/api/v1/query";
    std::string query = "?query=" + UrlEncoded(expression) + options_.extra;
    if (options_.step_ms == 0) {
      query += fmt::format("&time={:.3f}", seconds(options_.to_ms));
    } else {
      path += "_range";
      query += fmt::format("&start={:.3f}&end={:.3f}&step={:.3f}", seconds(options_.from_ms),
                           seconds(options_.to_ms), seconds(options_.step_ms));
    }
    FW_ASSIGN_OR_RETURN(answer_, connection_.Call("GET", path + query, "", ""));
    if (answer_.status == 200) return OkStatus();
    return Internal(fmt::format("{} {}", answer_.status, answer_.body.substr(0, 200)));
  }

  size_t Points() const override {
    size_t points = 0;
    nlohmann::json parsed = nlohmann::json::parse(answer_.body, nullptr, false);
    if (parsed.is_discarded()) return 0;
    for (const nlohmann::json& series : parsed["data"]["result"]) {
      points += series.contains("values") ? series["values"].size() : 1;
    }
    return points;
  }

 private:
  const Options& options_;
  HttpConnection connection_;
  HttpAnswer answer_;
};

StatusOr<std::unique_ptr<Door>> OpenDoor(const Options& options) {
  if (options.forewarn) return ForewarnDoor::Open(options);
  return std::unique_ptr<Door>(std::make_unique<PrometheusDoor>(options));
}

// `{host}` stands for one of the workload's hosts, another one each time.
std::string Filled(std::string expression, size_t host) {
  constexpr std::string_view kPlace = "{host}";
  for (size_t at; (at = expression.find(kPlace)) != std::string::npos;) {
    expression.replace(at, kPlace.size(), fmt::format("{:05}", host));
  }
  return expression;
}

int Run(const Options& options) {
  StatusOr<std::unique_ptr<Door>> door = OpenDoor(options);
  if (!door.ok()) {
    fmt::print(stderr, "query_load: {}\n", door.status().message());
    return 2;
  }
  Rng rng(7);
  size_t failures = 0;
  std::string failure;
  std::vector<double> latencies;
  for (size_t i = 0; i < options.count; ++i) {
    std::string expression = Filled(options.expression, rng.Below(options.hosts));
    double begin = Seconds();
    Status status = (*door)->Ask(expression);
    latencies.push_back(Seconds() - begin);
    if (!status.ok() && failures++ == 0) failure = status.message();
  }
  nlohmann::ordered_json out = {{"queries", options.count},
                                {"failures", failures},
                                {"failure", failure},
                                {"points", failures == 0 ? (*door)->Points() : 0},
                                {"latency_p50_ms", 1000 * Quantile(latencies, 0.5)},
                                {"latency_p99_ms", 1000 * Quantile(latencies, 0.99)}};
  fmt::print("{}\n", out.dump());
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace forewarn::bench

int main(int argc, char** argv) {
  forewarn::bench::Options options;
  CLI::App app("Asks a server the same kind of question many times and prints one line of JSON.");
  app.add_flag("--forewarn", options.forewarn,
               "Ask over Forewarn's gRPC, not over HTTP as Prometheus");
  app.add_option("--port", options.port, "Port of the server on 127.0.0.1")->required();
  app.add_option("--certificates", options.certificates, "Folder with an operator's certificate");
  app.add_option("--customer", options.customer, "Whose data, with --forewarn");
  app.add_option("--expression", options.expression,
                 "PromQL; {host} in it becomes the number of a host")
      ->required();
  app.add_option("--extra", options.extra, "Appended to the URL, such as '&nocache=1'");
  app.add_option("--hosts", options.hosts, "Hosts to choose from")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--count", options.count, "How often")->capture_default_str();
  app.add_option("--from-ms", options.from_ms, "Begin of a range");
  app.add_option("--to-ms", options.to_ms, "End of the range, or the time of an instant query")
      ->required();
  app.add_option("--step-ms", options.step_ms, "Step of the range; without one, an instant query");
  CLI11_PARSE(app, argc, argv);
  return forewarn::bench::Run(options);
}
