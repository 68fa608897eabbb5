using System.Text.Json.Nodes;
using Sensorium.Models.Backbones;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;
using Sensorium.Weights;

namespace Sensorium.Models.Tests;

/// <summary>What sets decoder families apart is read from their configs, and what contradicts is named.</summary>
public sealed class DecoderFamilyTests : IDisposable
{
    readonly TestCheckpoints checkpoints = new();
    readonly CpuDevice device = new(1);

    public void Dispose()
    {
        checkpoints.Dispose();
        device.Dispose();
    }

    static string Folder(string bundle) => Path.Combine(TestCheckpoints.Bundle(bundle), "model");

    [Theory]
    [InlineData("mistral", "sliding_window", "0")]
    [InlineData("mistral", "sliding_window", "\"wide\"")]
    [InlineData("qwen2", "layer_types", "[\"full_attention\"]", "use_sliding_window", "true")]
    [InlineData("qwen2", "layer_types", "[\"round\", \"round\"]", "use_sliding_window", "true")]
    [InlineData("qwen2", "max_window_layers", "-1", "use_sliding_window", "true")]
    [InlineData("smollm3", "no_rope_layers", "[1, 1]")]
    [InlineData("smollm3", "no_rope_layer_interval", "0", "no_rope_layers", "null")]
    [InlineData("gemma2", "query_pre_attn_scalar", "0")]
    [InlineData("gemma2", "final_logit_softcapping", "\"high\"")]
    [InlineData("gemma3", "rope_local_base_freq", "-1")]
    [InlineData("gemma3", "sliding_window_pattern", "0")]
    [InlineData("gemma3", "use_bidirectional_attention", "true")]
    [InlineData("gpt2", "n_head", "5")]
    [InlineData("gpt2", "n_embd", "null")]
    [InlineData("gpt2", "add_cross_attention", "true")]
    [InlineData("gpt2", "activation_function", "\"swoosh\"")]
    [InlineData("phi3", "rope_scaling", "{\"type\":\"longrope\",\"short_factor\":[1],\"long_factor\":[1]}")]
    [InlineData("phi3", "rope_scaling", "{\"type\":\"longrope\",\"short_factor\":[1,1,1,1,1,1,1,1]}")]
    [InlineData("phi3", "rope_scaling", "{\"type\":\"longrope\",\"short_factor\":[1,1,1,1,1,1,1,1],\"long_factor\":[1,1,1,1,1,1,1,0]}")]
    [InlineData("mixtral", "num_local_experts", "0")]
    [InlineData("mixtral", "num_local_experts", "30000")]
    [InlineData("mixtral", "num_experts_per_tok", "5")]
    [InlineData("qwen3-moe", "mlp_only_layers", "\"all\"")]
    [InlineData("qwen3-moe", "decoder_sparse_step", "0")]
    [InlineData("qwen3-moe", "moe_intermediate_size", "-24")]
    public void AKeyThatContradictsIsNamed(string bundle, string key, string value, string? otherKey = null, string? otherValue = null)
    {
        string folder = checkpoints.Copy(Folder(bundle), json =>
        {
            json[key] = JsonNode.Parse(value);
            if (otherKey is not null)
            {
                json[otherKey] = JsonNode.Parse(otherValue!);
            }
        });
        CheckpointException e = Should.Throw<CheckpointException>(() => ModelLoader.Load(folder, device));
        e.Item.ShouldNotBeNull();
        e.Item.ShouldStartWith(key);
        e.Message.ShouldContain("config.json");
    }

    [Theory]
    [InlineData("mixtral", "intermediate_size")]
    [InlineData("phi3", "intermediate_size")]
    [InlineData("gpt2", "n_inner")]
    public void TensorsThatContradictTheConfigAreNamed(string bundle, string key)
    {
        string folder = checkpoints.Copy(Folder(bundle), json => json[key] = 80);
        Should.Throw<CheckpointException>(() => ModelLoader.Load(folder, device)).Message.ShouldContain(key);
    }

    /// <summary>What the reference's class has as defaults, published configs leave out.</summary>
    [Theory]
    [InlineData("gemma2", "tie_word_embeddings", "hidden_activation", "rope_theta", "attn_logit_softcapping", "final_logit_softcapping")]
    [InlineData("gemma3", "tie_word_embeddings", "hidden_activation", "rope_local_base_freq", "sliding_window_pattern", "rope_theta")]
    [InlineData("smollm3", "tie_word_embeddings", "no_rope_layers")]
    [InlineData("gpt2", "tie_word_embeddings", "n_inner", "activation_function", "layer_norm_epsilon")]
    [InlineData("mixtral", "num_experts_per_tok", "rope_theta", "rms_norm_eps", "sliding_window")]
    [InlineData("qwen3-moe", "decoder_sparse_step")]
    public void ConfigsMayLeaveOutTheDefaults(string bundle, params string[] keys)
    {
        float[] whole = Logits(Folder(bundle));
        float[] terse = Logits(checkpoints.Copy(Folder(bundle), json =>
        {
            foreach (string key in keys)
            {
                json.Remove(key);
            }
        }));
        terse.ShouldBe(whole);
    }

    [Fact]
    public void LayerTypesSayWhatTheRuleSaysElse()
    {
        float[] byRule = Logits(Folder("gemma2"));
        Logits(checkpoints.Copy(Folder("gemma2"), json => json["layer_types"] = new JsonArray("sliding_attention", "full_attention"))).ShouldBe(byRule);
        Logits(checkpoints.Copy(Folder("gemma2"), json => json["layer_types"] = new JsonArray("full_attention", "full_attention"))).ShouldNotBe(byRule);
    }

    [Fact]
    public void Gpt2sNamesMayHaveTheirPrefix()
    {
        string folder = Folder("gpt2");
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();
        using TensorSource source = TensorSource.Open(folder);
        RawTensor[] tensors = [.. source.Names.Where(name => !name.EndsWith(".attn.bias", StringComparison.Ordinal)).Select(name => source[name].As("transformer." + name, source[name].Shape.ToArray()))];
        Logits(checkpoints.Folder("gpt2-prefixed", config, tensors)).ShouldBe(Logits(folder));
    }

    [Fact]
    public void ARopeOfEachLayerTypeIsRead()
    {
        float[] old = Logits(Folder("gemma3"));
        float[] recent = Logits(checkpoints.Copy(Folder("gemma3"), json =>
        {
            foreach (string key in (string[])["rope_theta", "rope_scaling", "rope_local_base_freq"])
            {
                json.Remove(key);
            }

            json["rope_parameters"] = JsonNode.Parse("""
                {
                    "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0},
                    "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}
                }
                """);
        }));
        recent.ShouldBe(old);
    }

    float[] Logits(string folder)
    {
        var model = (Backbone)ModelLoader.Load(folder, device).Model;
        using Compute c = device.NewCompute(Numerics.Exact);
        int[] ids = [.. Enumerable.Range(3, 20)];
        Tensor logits = model.Logits(c, model.Norm(c, model.Forward(c, model.Embed(c, ids), Plan.Of(causal: true, ids.Length))));
        var values = new float[logits.Rows * logits.Columns];
        c.Read(logits, values);
        return values;
    }
}
