using System.Text.Json.Nodes;
using Sensorium.Models.Backbones;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

/// <summary>T5's configs and files as people have them: the original's, v1.1's, those that transformers 5 writes, GGUF.</summary>
public sealed class T5Tests : IDisposable
{
    readonly TestCheckpoints checkpoints = new();
    readonly CpuDevice device = new(1);

    static string Original => Path.Combine(TestCheckpoints.Bundle("t5"), "model");

    static string Flan => Path.Combine(TestCheckpoints.Bundle("flan-t5"), "model");

    public void Dispose()
    {
        checkpoints.Dispose();
        device.Dispose();
    }

    [Theory]
    [InlineData("feed_forward_proj", "\"gated-gelu-new\"")]
    [InlineData("feed_forward_proj", "\"wide-relu\"")]
    [InlineData("feed_forward_proj", "\"gated-swoosh\"", "dense_act_fn")]
    [InlineData("feed_forward_proj", "7")]
    [InlineData("dense_act_fn", "\"swoosh\"")]
    [InlineData("relative_attention_num_buckets", "2")]
    [InlineData("relative_attention_num_buckets", "100000")]
    [InlineData("relative_attention_max_distance", "16")]
    [InlineData("relative_attention_max_distance", "0")]
    [InlineData("decoder_start_token_id", "240")]
    [InlineData("decoder_start_token_id", "-1")]
    [InlineData("num_decoder_layers", "5000")]
    [InlineData("num_heads", "0")]
    [InlineData("scale_decoder_outputs", "\"yes\"")]
    public void AKeyThatContradictsIsNamed(string key, string value, string? without = null)
    {
        CheckpointException e = Should.Throw<CheckpointException>(() => ModelLoader.Load(Changed(Original, json =>
        {
            json[key] = JsonNode.Parse(value);
            json.Remove(without ?? "");
        }), device));
        e.Item.ShouldBe(key);
        e.Message.ShouldContain("config.json");
    }

    [Theory]
    [InlineData("d_ff")]
    [InlineData("d_model")]
    [InlineData("num_heads")]
    [InlineData("relative_attention_num_buckets")]
    public void TensorsThatContradictTheConfigAreNamed(string key) =>
        Should.Throw<CheckpointException>(() => ModelLoader.Load(Changed(Original, json => json[key] = 24), device)).Message.ShouldContain(key);

    [Fact]
    public void ConfigsMayLeaveOutTheDefaults()
    {
        string[] keys = ["layer_norm_epsilon", "relative_attention_num_buckets", "relative_attention_max_distance", "num_decoder_layers", "dense_act_fn", "is_gated_act", "decoder_start_token_id"];
        Logits(Without(Original, [.. keys, "feed_forward_proj", "tie_word_embeddings"])).ShouldBe(Logits(Original));
        Logits(Without(Flan, keys)).ShouldBe(Logits(Flan));
        T5Of(Without(Original, ["decoder_start_token_id", "pad_token_id"])).DecoderStartTokenId.ShouldBe(0);
        T5Of(Changed(Original, json =>
        {
            json.Remove("decoder_start_token_id");
            json["pad_token_id"] = 9;
        })).DecoderStartTokenId.ShouldBe(9);
    }

    [Fact]
    public void TheActivationIsTheNamedOne()
    {
        float[] tanh = Logits(Flan);
        Logits(Changed(Flan, json => json.Remove("dense_act_fn"))).ShouldBe(tanh);
        float[] silu = Logits(Changed(Flan, json =>
        {
            json.Remove("dense_act_fn");
            json["feed_forward_proj"] = "gated-silu";
        }));
        silu.ShouldNotBe(tanh);
        Logits(Changed(Flan, json => json["dense_act_fn"] = "silu")).ShouldBe(silu);
    }

    [Fact]
    public void TheOutputIsScaledAndTheHeadTiedAsTheConfigSays()
    {
        float[] scaled = Logits(Original);
        float[] plain = Logits(Changed(Original, json => json["scale_decoder_outputs"] = false));
        for (int i = 0; i < scaled.Length; i++)
        {
            scaled[i].ShouldBe(plain[i] / MathF.Sqrt(40), 1e-5f * (1 + Math.Abs(scaled[i])));
        }

        Logits(Changed(Original, json => json["scale_decoder_outputs"] = true)).ShouldBe(scaled);

        // As transformers 5 saves v1.1: said to be tied, with a head of its own.
        float[] own = Logits(Flan);
        Logits(Changed(Flan, json =>
        {
            json["tie_word_embeddings"] = true;
            json["scale_decoder_outputs"] = false;
        })).ShouldBe(own);

        // Where it is said the old way, a head in the file is a copy that is not read.
        Logits(Changed(Flan, json => json["tie_word_embeddings"] = true)).ShouldNotBe(own);
        Should.Throw<CheckpointException>(() => ModelLoader.Load(Changed(Original, json => json["tie_word_embeddings"] = false), device)).Message.ShouldContain("lm_head.weight");
    }

    [Theory]
    [InlineData("decoder.embed_tokens.weight")]
    [InlineData("encoder.embed_tokens.weight")]
    public void TheSharedTableMayStandUnderTheNameOfItsUser(string name)
    {
        using TensorSource source = TensorSource.Open(Original);
        RawTensor shared = source["shared.weight"];
        RawTensor[] others = [.. source.Names.Where(n => n != "shared.weight").Select(n => source[n])];
        RawTensor renamed = shared.As(name, shared.Shape.ToArray());
        RawTensor crossBias = RawTensor.FromFloats("decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight", [32, 4], new float[128]);
        float[] logits = Logits(Original);
        Logits(checkpoints.Folder("renamed", Config(Original), [.. others, renamed])).ShouldBe(logits);
        Logits(checkpoints.Folder("twice", Config(Original), [.. others, shared, renamed, crossBias])).ShouldBe(logits);
    }

    [Fact]
    public void Mt5HasDefaultsOfItsOwn()
    {
        string folder = Changed(Flan, json =>
        {
            json["model_type"] = "mt5";
            foreach (string key in (string[])["tie_word_embeddings", "feed_forward_proj", "dense_act_fn", "is_gated_act"])
            {
                json.Remove(key);
            }
        });
        Logits(folder).ShouldBe(Logits(Flan));
    }

    [Theory]
    [InlineData("t5")]
    [InlineData("flan-t5")]
    public void AGgufFileOfTheSameWeightsGivesTheSame(string bundle)
    {
        string folder = Path.Combine(TestCheckpoints.Bundle(bundle), "model");
        string file = Path.Combine(checkpoints.Folder("gguf", []), "model.gguf");
        var writer = new GgufWriter();
        writer.Add("general.architecture", "t5");
        foreach ((string key, uint value) in new[]
        {
            ("block_count", 2u), ("decoder_block_count", 2u), ("context_length", 77u), ("embedding_length", 40u), ("feed_forward_length", 80u), ("vocab_size", 240u),
            ("attention.head_count", 4u), ("attention.key_length", 16u), ("attention.value_length", 16u), ("attention.relative_buckets_count", 32u), ("decoder_start_token_id", 3u),
        })
        {
            writer.Add($"t5.{key}", value);
        }

        writer.Add("t5.attention.layer_norm_rms_epsilon", 1e-6f);
        using (ModelFiles files = ModelFiles.Open(folder))
        {
            var unknown = new List<string>();
            foreach (PlannedTensor tensor in files.Family.Gguf!.Names(files.Config).FromHub(files.Source.Tensors.Select(PlannedTensor.Of), unknown))
            {
                writer.Add(tensor);
            }

            unknown.ShouldBeEmpty();
            writer.Write(file);
        }

        Logits(file).ShouldBe(Logits(folder));
        EncoderDecoder model = T5Of(file);
        (model.DecoderStartTokenId, model.UsualAnswer, model.SourceLength).ShouldBe((3, 77, int.MaxValue));
    }

    /// <summary>The decoder through pages, its memory's computed once, step by step: what one pass over rows gives.</summary>
    [Fact]
    public void StepsThroughPagesGiveWhatOnePassGives()
    {
        EncoderDecoder model = T5Of(Flan);
        using Compute c = device.NewCompute(Numerics.Exact);
        using KvPool tokens = device.NewKvPool(model.KvLayout, DType.F32, 4);
        using KvPool memories = device.NewKvPool(model.MemoryLayout!.Value, DType.F32, 4);
        PageTable[] answers = [new(), new()];
        PageTable[] sources = [new(), new()];
        var kept = new Plan();
        kept.Clear(memories);
        for (int i = 0; i < Sources.Length; i++)
        {
            sources[i].Reserve(memories, Sources[i].Length);
            answers[i].Reserve(tokens, Answers[i].Length);
            kept.Add(Sources[i].Length, sources[i]);
        }

        model.Remember(c, model.Encode(c, model.Embed(c, [.. Sources.SelectMany(s => s)]), Plan.Of(causal: false, [.. Sources.Select(s => s.Length)])), kept);
        kept.Commit();
        var steps = new List<float>[] { [], [] };
        var plan = new Plan();
        for (int step = 0; step < Answers[0].Length; step++)
        {
            c.Reset();
            plan.Clear(tokens, memories);
            for (int i = 0; i < 2; i++)
            {
                plan.Add(1, answers[i], memory: sources[i]);
            }

            float[] logits = Read(c, model.Logits(c, model.Norm(c, model.Forward(c, model.Embed(c, [Answers[0][step], Answers[1][step]]), plan))));
            plan.Commit();
            steps[0].AddRange(logits[..240]);
            steps[1].AddRange(logits[240..]);
        }

        // Pages are run through with a running softmax, rows with one of the whole: the same sums, rounded elsewhere.
        float[] whole = Logits(Flan);
        ((float[])[.. steps[0], .. steps[1]]).ShouldBe(whole, 2e-6 * whole.Max(Math.Abs));
    }

    static readonly int[][] Sources = [[.. Enumerable.Range(3, 70), 1], [200, 100, 50, 1]];
    static readonly int[][] Answers = [[0, 9, 8, 7], [0, 5, 5, 5]];

    EncoderDecoder T5Of(string path) => (EncoderDecoder)ModelLoader.Load(path, device).Model;

    float[] Logits(string path)
    {
        EncoderDecoder model = T5Of(path);
        using Compute c = device.NewCompute(Numerics.Exact);
        var sources = Plan.Of(causal: false, [.. Sources.Select(s => s.Length)]);
        var plan = Plan.Of(causal: true, [.. Answers.Select(a => a.Length)]);
        plan.Remember(model.Encode(c, model.Embed(c, [.. Sources.SelectMany(s => s)]), sources), sources);
        return Read(c, model.Logits(c, model.Norm(c, model.Forward(c, model.Embed(c, [.. Answers.SelectMany(a => a)]), plan))));
    }

    static float[] Read(Compute c, Tensor x)
    {
        var values = new float[x.Rows * x.Columns];
        c.Read(x, values);
        return values;
    }

    static JsonObject Config(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();

    string Changed(string folder, Action<JsonObject> change) => checkpoints.Copy(folder, change);

    string Without(string folder, string[] keys) => Changed(folder, json =>
    {
        foreach (string key in keys)
        {
            json.Remove(key);
        }
    });
}
