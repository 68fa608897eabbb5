using Sensorium.Tensors;
using Sensorium.Tensors.Formats;
using Sensorium.Weights;

namespace Sensorium.Inference.Benchmarks;

/// <summary>Writes a GGUF file of Llama-3.2-1B's shape: made-up weights, and the vocabulary of a file that is there.</summary>
static unsafe class ModelFile
{
    const int Hidden = 2048;
    const int Intermediate = 8192;
    const int Layers = 16;
    const int Heads = 32;
    const int KvHeads = 8;
    const int HeadSize = 64;

    public static void Write(string vocabularyFile, string path, DType type)
    {
        using GgufFile vocabulary = GgufFile.Open(vocabularyFile);
        var writer = new GgufWriter();
        writer.Add("general.architecture", "llama");
        writer.Add("llama.block_count", (uint)Layers);
        writer.Add("llama.context_length", 131072u);
        writer.Add("llama.embedding_length", (uint)Hidden);
        writer.Add("llama.feed_forward_length", (uint)Intermediate);
        writer.Add("llama.attention.head_count", (uint)Heads);
        writer.Add("llama.attention.head_count_kv", (uint)KvHeads);
        writer.Add("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        writer.Add("llama.rope.freq_base", 500000f);
        foreach (string key in vocabulary.Metadata.Keys.Where(key => key.StartsWith("tokenizer.", StringComparison.Ordinal)))
        {
            writer.Add(vocabulary.Metadata[key]);
        }

        RawTensor random = Random(type);
        AddMatrix("token_embd", vocabulary.Metadata["tokenizer.ggml.tokens"].Count, Hidden);
        AddNorm("output_norm");
        for (int layer = 0; layer < Layers; layer++)
        {
            AddNorm($"blk.{layer}.attn_norm");
            AddMatrix($"blk.{layer}.attn_q", Heads * HeadSize, Hidden);
            AddMatrix($"blk.{layer}.attn_k", KvHeads * HeadSize, Hidden);
            AddMatrix($"blk.{layer}.attn_v", KvHeads * HeadSize, Hidden);
            AddMatrix($"blk.{layer}.attn_output", Hidden, Heads * HeadSize);
            AddNorm($"blk.{layer}.ffn_norm");
            AddMatrix($"blk.{layer}.ffn_gate", Intermediate, Hidden);
            AddMatrix($"blk.{layer}.ffn_up", Intermediate, Hidden);
            AddMatrix($"blk.{layer}.ffn_down", Hidden, Intermediate);
        }

        writer.Write(path);

        void AddNorm(string name)
        {
            var ones = new float[Hidden];
            Array.Fill(ones, 1);
            writer.Add(RawTensor.FromFloats(name + ".weight", [Hidden], ones));
        }

        void AddMatrix(string name, long outputs, long inputs)
        {
            RawTensor matrix = RawTensor.Allocate(name + ".weight", type, [outputs, inputs], "made-up weights");
            for (long at = 0; at < matrix.ByteLength; at += random.ByteLength)
            {
                long bytes = Math.Min(random.ByteLength, matrix.ByteLength - at);
                Buffer.MemoryCopy(random.Data, matrix.Data + at, bytes, bytes);
            }

            writer.Add(matrix);
        }
    }

    /// <summary>A stretch of random weights that every matrix repeats.</summary>
    static RawTensor Random(DType type)
    {
        const int length = 1 << 20;
        var random = new Random(1);
        var values = new float[length];
        for (int i = 0; i < length; i++)
        {
            values[i] = (random.NextSingle() - 0.5f) * 0.05f;
        }

        RawTensor stream = RawTensor.Allocate("stream", type, [length], "made-up weights");
        fixed (float* from = values)
        {
            BlockFormats.Quantize(type, from, stream.Data, length);
        }

        return stream;
    }
}
