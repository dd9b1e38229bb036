// What the push protocol's stream codec costs: nanoseconds and bytes for each sample, which are the items. The
// mix is one fleet's: 35 % busy counters, 10 % slow ones, 15 % byte gauges, 15 % percentages with two decimals, 5 %
// full doubles, 20 % constants. `--recording=DIR` adds real series: every CSV file below DIR is one, its last column
// the values.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/rng.h"
#include "model/stream_codec.h"

namespace forewarn {
namespace {

constexpr int64_t kStart = 1'780'000'000'000;
constexpr size_t kBatch = 500;

struct Block {
  std::vector<uint32_t> refs;
  std::vector<Timestamp> times;
  std::vector<double> values;
};

// Rounds of one stream, cut into batches.
struct Telemetry {
  size_t series = 0;
  size_t samples = 0;
  std::vector<Block> blocks;

  void AddRound(int64_t at, const std::vector<double>& values) {
    series = values.size();
    samples += values.size();
    for (size_t i = 0; i < values.size(); i += kBatch) {
      Block block;
      for (size_t s = i; s < std::min(i + kBatch, values.size()); ++s) {
        block.refs.push_back(static_cast<uint32_t>(s));
        block.times.push_back(FromMillis(at));
        block.values.push_back(values[s]);
      }
      blocks.push_back(std::move(block));
    }
  }
};

double Bell(Rng& rng) {
  return (rng.Unit() + rng.Unit() + rng.Unit() + rng.Unit() - 2) * std::sqrt(3.0);
}

Telemetry Synthetic(size_t series, int rounds) {
  Rng rng(1);
  std::vector<double> values(series);
  std::vector<double> size(series);
  for (size_t s = 0; s < series; ++s) {
    size[s] = std::pow(10.0, rng.Unit() * 4);
    values[s] = std::floor(size[s] * 1e4 * rng.Unit());
  }
  Telemetry made;
  for (int round = 0; round < rounds; ++round) {
    for (size_t s = 0; s < series; ++s) {
      double& value = values[s];
      switch (s % 20) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4:
        case 5:
        case 6: value += std::max(0.0, std::floor(size[s] * (1 + 0.3 * Bell(rng)))); break;
        case 7:
        case 8: value += rng.Chance(0.05) ? 1 : 0; break;
        case 9:
        case 10:
        case 11:
          value = std::max(0.0, std::floor(value / 4096 + Bell(rng) * (4 + size[s] / 10)) * 4096);
          break;
        case 12:
        case 13:
        case 14: value = std::round(std::clamp(50 + 20 * Bell(rng), 0.0, 100.0) * 100) / 100; break;
        case 15: value = 0.001 * size[s] * std::exp(0.2 * Bell(rng)); break;
        default: break;
      }
    }
    made.AddRound(kStart + round * 15'000 + (rng.Chance(0.1) ? 2 : 0), values);
  }
  return made;
}

Telemetry Recorded(const std::string& folder) {
  std::vector<std::vector<double>> columns;
  size_t rows = 0;
  for (const auto& item : std::filesystem::recursive_directory_iterator(folder)) {
    if (item.path().extension() != ".csv") continue;
    std::ifstream in(item.path());
    std::vector<double> column;
    std::string line;
    while (std::getline(in, line)) {
      const char* text = line.c_str() + line.rfind(',') + 1;
      char* end = nullptr;
      double value = std::strtod(text, &end);
      if (end != text) column.push_back(value);
    }
    if (column.empty()) continue;
    rows = std::max(rows, column.size());
    columns.push_back(std::move(column));
  }
  FW_CHECK(!columns.empty());
  Telemetry made;
  for (size_t row = 0; row < std::min<size_t>(rows, 2000); ++row) {
    std::vector<double> values;
    for (const auto& column : columns) values.push_back(column[std::min(row, column.size() - 1)]);
    made.AddRound(kStart + static_cast<int64_t>(row) * 15'000, values);
  }
  return made;
}

void Encode(benchmark::State& state, const Telemetry& telemetry) {
  size_t bytes = 0;
  std::string out;
  for (auto _ : state) {
    StreamEncoder encoder;
    bytes = 0;
    for (const Block& block : telemetry.blocks) {
      out.clear();
      encoder.Encode(block.refs, block.times, block.values, out);
      bytes += out.size();
    }
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * telemetry.samples));
  state.counters["bytes/sample"] =
      static_cast<double>(bytes) / static_cast<double>(telemetry.samples);
}

void Decode(benchmark::State& state, const Telemetry& telemetry) {
  std::vector<std::string> wire;
  StreamEncoder encoder;
  for (const Block& block : telemetry.blocks) {
    encoder.Encode(block.refs, block.times, block.values, wire.emplace_back());
  }
  SampleBlock out;
  for (auto _ : state) {
    StreamDecoder decoder;
    for (const std::string& bytes : wire) {
      out.refs.clear();
      out.times.clear();
      out.values.clear();
      FW_CHECK(decoder.Decode(bytes, telemetry.series, out).ok());
    }
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * telemetry.samples));
}

}  // namespace
}  // namespace forewarn

int main(int argc, char** argv) {
  using forewarn::Telemetry;
  constexpr std::string_view kRecording = "--recording=";
  std::vector<std::pair<std::string, Telemetry>> all;
  all.emplace_back("synthetic", forewarn::Synthetic(5'000, 40));
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (argument.starts_with(kRecording)) {
      all.emplace_back("recorded",
                       forewarn::Recorded(std::string(argument.substr(kRecording.size()))));
    } else {
      argv[kept++] = argv[i];
    }
  }
  argc = kept;
  for (const auto& [name, telemetry] : all) {
    benchmark::RegisterBenchmark(
        fmt::format("Encode/{}", name).c_str(),
        [&telemetry = telemetry](benchmark::State& state) { forewarn::Encode(state, telemetry); });
    benchmark::RegisterBenchmark(
        fmt::format("Decode/{}", name).c_str(),
        [&telemetry = telemetry](benchmark::State& state) { forewarn::Decode(state, telemetry); });
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
