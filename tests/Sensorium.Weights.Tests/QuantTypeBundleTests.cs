using System.Security.Cryptography;
using System.Runtime.InteropServices;
using System.Text.Json;
using Sensorium.Tensors;
using Sensorium.Tensors.Formats;

namespace Sensorium.Weights.Tests;

/// <summary>Against ggml's own results in the bundle gguf-quant-types (27 tensor types), where it is there.</summary>
public sealed unsafe class QuantTypeBundleTests
{
    static readonly string? bundle = Shared.Find("conformance/gguf-quant-types");

    [Fact]
    public void Every_type_dequantises_to_the_bits_of_ggml()
    {
        if (bundle is null)
            return;
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(bundle, "case.json")));
        var wrong = new List<string>();
        int types = 0;
        foreach (JsonProperty type in json.RootElement.GetProperty("types").EnumerateObject())
        {
            using TensorSource source = TensorSource.Open(Path.Combine(bundle, type.Value.GetProperty("model").GetString()!));
            types++;
            foreach (JsonProperty digest in type.Value.GetProperty("dequant_sha256").EnumerateObject())
            {
                float[] values = BlockFormats.ToFloats(source[digest.Name]);
                string hash = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(values)));
                if (!string.Equals(hash, digest.Value.GetString(), StringComparison.Ordinal))
                    wrong.Add($"{type.Name} {digest.Name}");
            }
        }

        wrong.ShouldBeEmpty();
        types.ShouldBe(27);
    }

    [Fact]
    public void Writing_gives_the_bytes_of_llama_quantize()
    {
        if (bundle is null)
            return;
        using TensorSource floats = TensorSource.Open(Path.Combine(bundle, "model-F32.gguf"));
        var wrong = new List<string>();
        int compared = 0;
        foreach (string path in Directory.EnumerateFiles(bundle, "model-*.gguf").Order(StringComparer.Ordinal))
        {
            using TensorSource source = TensorSource.Open(path);
            foreach (string name in new[] { "blk.0.attn_k.weight", "blk.1.ffn_down.weight" })
            {
                RawTensor expected = source[name];
                if (!BlockFormats.CanQuantize(expected.Type))
                    continue;
                using var written = new NativeBytes(expected.ByteLength);
                BlockFormats.Quantize(expected.Type, (float*)floats[name].Data, written.Pointer, expected.Elements);
                compared++;
                int block = expected.Type.BlockBytes();
                long differing = 0;
                for (long at = 0; at < expected.ByteLength; at += block)
                    differing += new ReadOnlySpan<byte>(written.Pointer + at, block).SequenceEqual(expected.Span(at, block)) ? 0 : 1;
                if (differing > 0)
                    wrong.Add($"{expected.Type} {name}: {differing} of {expected.ByteLength / block} blocks");
            }
        }

        wrong.ShouldBeEmpty();
        compared.ShouldBe(2 * 20);
    }

    sealed class NativeBytes(long length) : IDisposable
    {
        public byte* Pointer { get; } = (byte*)NativeMemory.Alloc((nuint)length);

        public void Dispose() => NativeMemory.Free(Pointer);
    }
}
