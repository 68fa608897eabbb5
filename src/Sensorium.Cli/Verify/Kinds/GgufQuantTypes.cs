using System.Globalization;
using System.Security.Cryptography;
using System.Runtime.InteropServices;
using System.Text.Json;
using Sensorium.Cli.Verify.Forward;
using Sensorium.Inference;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Formats;
using Sensorium.Weights;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary>
/// The bundle <c>gguf-quant-types</c>: one small Llama in each GGUF tensor type. Exact mode equals the dequantised
/// weights in float64; Fast mode, which rounds activations, may differ from them by as much as llama.cpp was measured to.
/// </summary>
sealed class GgufQuantTypes : IBundleKind
{
    public string Name => "gguf-quant-types";

    public IEnumerable<CheckRow> Run(Bundle bundle, VerifySession session)
    {
        bool first = true;
        foreach (JsonProperty type in bundle.Json.GetProperty("types").EnumerateObject())
        {
            if (session.Options.Filter is { } filter && !Name.Contains(filter, StringComparison.OrdinalIgnoreCase) && !type.Name.Contains(filter, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            string file = type.Value.GetProperty("model").GetString()!;
            if (bundle.Find(file) is not { } path)
            {
                yield return new CheckRow(type.Name, "", Verdict.Skipped) { Detail = $"{file} is not there" };
                continue;
            }

            foreach (CheckRow row in Dequantised(bundle, type, path).Concat(Computed(bundle, type, path, session)))
            {
                yield return row;
            }

            if (first)
            {
                first = false;
                yield return GgufModelSteps.Tokenizer("tokenizer", bundle.Json.GetProperty("tokenizer_cases"), session.SystemAt(path).Tokenizer);
            }
        }
    }

    /// <summary>The weights themselves: equal to the bit by hash, and within the stated distance where rows are stored.</summary>
    static IEnumerable<CheckRow> Dequantised(Bundle bundle, JsonProperty type, string path)
    {
        using TensorSource source = TensorSource.Open(path);
        JsonElement tolerance = type.Value.GetProperty("tolerance");
        foreach ((string tensor, int rows) in new[] { ("blk.0.attn_k.weight", 64), ("blk.1.ffn_down.weight", 16) })
        {
            Values expected = bundle.Tensor(type.Value.GetProperty("expected").GetString()!, $"dequant.{tensor}.rows0_{rows}");
            RawTensor raw = source[tensor];
            Values actual = Values.Of(BlockFormats.ToFloats(raw.Slice(tensor, 0, rows)), rows, (int)raw.RowLength);
            double largest = expected.Data.Max(Math.Abs);
            yield return FieldChecks.Row(type.Name, $"dequant {tensor}", actual, expected, new Tolerance(tolerance.GetProperty("dequant_abs").GetDouble() * largest, 0), judge: true);
        }

        foreach (JsonProperty hash in type.Value.GetProperty("dequant_sha256").EnumerateObject())
        {
            string found = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(BlockFormats.ToFloats(source[hash.Name]).AsSpan())));
            yield return FieldChecks.Text(type.Name, $"sha256 {hash.Name}", found, hash.Value.GetString()!, judge: true);
        }
    }

    static IEnumerable<CheckRow> Computed(Bundle bundle, JsonProperty type, string path, VerifySession session)
    {
        LanguageSystem system = session.SystemAt(path);
        string expectedFile = type.Value.GetProperty("expected").GetString()!;
        int[] prompt = JsonIds.Of(bundle.Json.GetProperty("prompt_ids"));
        Values logits = GgufModelSteps.Logits(system, session.Compute, prompt);
        Values exact = bundle.Tensor(expectedFile, "logits.exact");
        JsonElement tolerance = type.Value.GetProperty("tolerance");
        double allowed = tolerance.GetProperty(session.Options.Fast ? "engine_with_quantised_activations_vs_exact_abs" : "engine_vs_exact_abs").GetDouble();
        yield return FieldChecks.Row(type.Name, "logits", logits, exact, new Tolerance(allowed, 0), judge: true);
        if (session.Options.Fast)
        {
            double rms = Math.Sqrt(logits.Data.Zip(exact.Data, (a, e) => (a - e) * (a - e)).Average());
            double most = tolerance.GetProperty("rms_vs_exact_if_quantised_activations").GetDouble();
            yield return new CheckRow(type.Name, "logits rms", rms <= most ? Verdict.Passed : Verdict.Failed)
            {
                Absolute = rms,
                Allowed = most.ToString("0.##e+0", CultureInfo.InvariantCulture),
            };
        }

        yield return GgufModelSteps.Greedy(
            type.Name, system, GenerationRequest.Of(prompt), JsonIds.Of(type.Value.GetProperty("greedy_exact")), type.Value.GetProperty("greedy_exact_margin"), allowed, session);
    }
}
