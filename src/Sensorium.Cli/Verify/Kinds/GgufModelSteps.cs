using System.Text.Json;
using Sensorium.Cli.Verify.Forward;
using Sensorium.Inference;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Text.Tokenizers;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary>What the bundles of GGUF files state of a language model: logits, greedy decoding, and its tokenizer's ids.</summary>
static class GgufModelSteps
{
    /// <summary>Logits of every token of a prompt, [tokens, vocabulary].</summary>
    public static Values Logits(LanguageSystem system, Compute c, int[] prompt)
    {
        c.Reset();
        Tensor normed = system.Backbone.Norm(c, system.Backbone.Forward(c, system.Backbone.Embed(c, prompt), Plan.Of(causal: true, prompt.Length)));
        return c.Values(system.Backbone.Logits(c, normed));
    }

    /// <summary>Greedy decoding by the engine, as far as no step is nearer to another id than <paramref name="allowed"/> can bring it.</summary>
    /// <param name="name">The row's name.</param>
    /// <param name="system">The model.</param>
    /// <param name="request">What is asked; how many tokens, and that nothing ends them, is said here.</param>
    /// <param name="expected">The ids that follow.</param>
    /// <param name="margins">At each step, the best logit less the second best.</param>
    /// <param name="allowed">How far a logit may be off.</param>
    /// <param name="session">Whose engine.</param>
    public static CheckRow Greedy(string name, LanguageSystem system, GenerationRequest request, int[] expected, JsonElement margins, double allowed, VerifySession session)
    {
        double[] gaps = [.. margins.EnumerateArray().Select(m => m.GetDouble())];
        int sure = Array.FindIndex(gaps, gap => gap < 2 * allowed) is var at and >= 0 ? at : expected.Length;
        List<int> ids = GenerateCheck.CollectAsync(session.Engine.Submit(system, request with { MaxNewTokens = expected.Length, EndIds = [] })).GetAwaiter().GetResult();
        return FieldChecks.Sequence(name, "greedy", [.. ids.Take(sure)], expected[..sure], judge: true);
    }

    /// <summary>The ids of all texts, without and with special tokens.</summary>
    public static CheckRow Tokenizer(string name, JsonElement cases, Tokenizer tokenizer)
    {
        var expected = new List<int>();
        var actual = new List<int>();
        foreach (JsonElement one in cases.EnumerateArray())
        {
            string text = one.GetProperty("text").GetString()!;
            expected.AddRange(JsonIds.Of(one.GetProperty("ids")));
            actual.AddRange(tokenizer.EncodeIds(text, addSpecialTokens: false));
            expected.AddRange(JsonIds.Of(one.GetProperty("ids_add_special")));
            actual.AddRange(tokenizer.EncodeIds(text, addSpecialTokens: true));
        }

        return FieldChecks.Sequence(name, "ids", actual, expected, judge: true);
    }
}
