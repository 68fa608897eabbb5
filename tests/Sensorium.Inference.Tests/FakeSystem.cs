using Sensorium.Models.Backbones;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Text.Tokenizers;

namespace Sensorium.Inference.Tests;

/// <summary>
/// A backbone without weights: a row's logits say that the token after id n is n + 1, and a soft row counts as the id that
/// its first number is. So what the engine feeds it can be read off the answer.
/// </summary>
sealed class CountingBackbone(int vocabulary = 100, int context = 1000, int keysChangeBeyond = int.MaxValue) : Backbone
{
    public List<int> PassRows { get; } = [];

    public override int HiddenSize => 4;

    public override int VocabularySize => vocabulary;

    public override int ContextLength => context;

    public override KvLayout KvLayout => new(1, 1, 4, 4);

    public override int KeysChangeBeyond => keysChangeBeyond;

    public override int ReusableLength => keysChangeBeyond;

    public override Tensor Embed(Compute c, ReadOnlySpan<int> ids)
    {
        var rows = new float[ids.Length * 4];
        for (int i = 0; i < ids.Length; i++)
        {
            rows[i * 4] = ids[i];
        }

        return c.FromHost(rows, ids.Length, 4);
    }

    public override Tensor Forward(Compute c, Tensor x, Plan plan)
    {
        PassRows.Add(plan.Rows);
        c.Append(plan, 0, x, x);
        return x;
    }

    public override Tensor Norm(Compute c, Tensor x) => x;

    public override Tensor Logits(Compute c, Tensor normed)
    {
        var told = new float[normed.Rows * 4];
        c.Read(normed, told);
        var logits = new float[normed.Rows * vocabulary];
        for (int row = 0; row < normed.Rows; row++)
        {
            logits[row * vocabulary + ((int)told[row * 4] + 1) % vocabulary] = 10;
        }

        return c.FromHost(logits, normed.Rows, vocabulary);
    }
}

static class FakeSystem
{
    /// <summary>Bytes as tokens, enough for messages of plain text.</summary>
    public static readonly Tokenizer Tokenizer = Tokenizer.FromJson(
        System.Text.Encoding.UTF8.GetBytes("""
        {"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":null,"post_processor":null,"decoder":{"type":"Fuse"},
         "model":{"type":"BPE","vocab":{"a":0,"b":1,"c":2,"d":3,"e":4,"f":5,"g":6,"h":7},"merges":[]}}
        """), "fake");

    public static TextSystem Of(Backbone backbone, params int[] endIds) => new()
    {
        Name = "counting",
        Backbone = backbone,
        Tokenizer = Tokenizer,
        Generation = new GenerationConfig { EosTokenIds = endIds },
        Identity = "fake",
    };

    public static async Task<List<int>> Answer(this Engine engine, LanguageSystem system, GenerationRequest request, CancellationToken cancellation = default)
    {
        var ids = new List<int>();
        await using Generation generation = engine.Submit(system, request);
        await foreach (int id in generation.ReadAllAsync(cancellation))
        {
            ids.Add(id);
        }

        return ids;
    }
}
