using Sensorium.Models.Backbones;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Forward;

/// <summary>
/// An encoder–decoder on <c>input_ids</c>, the sources, and <c>decoder_input_ids</c>: all sequences in one ragged pass, the
/// memories as rows. Without the latter, the encoder alone.
/// </summary>
static class EncoderDecoderForward
{
    public static IEnumerable<CheckRow> Run(Check check, EncoderDecoder model, VerifySession session)
    {
        Compute c = session.Compute;
        c.Reset();
        using var observed = new Observed(c);
        int[][] sources = BackboneForward.Sequences(check);
        Tensor encoded = Encode(c, model, sources, out Plan plan);
        Tensor decoded = check.HasInput("decoder_input_ids")
            ? Decode(c, model, encoded, plan, BackboneForward.Sequences(check, "decoder_input_ids", "decoder_attention_mask"))
            : default;
        return [.. FieldChecks.Compare(check, field => ExpectedShapes.Rows(Field(field), check.ShapeOf(field)), session.Judge)];

        Values Field(string field) => field switch
        {
            "encoder_last_hidden_state" => c.Values(encoded),
            "last_hidden_state" => c.Values(decoded.IsNone ? encoded : decoded),
            "logits" when !decoded.IsNone => c.Values(model.Logits(c, decoded)),
            _ => observed[field] ?? observed["encoder_" + field] ?? throw new SkipException($"the output '{field}' is not built yet"),
        };
    }

    /// <summary>The encoder's output for every row of the sources.</summary>
    public static Tensor Encode(Compute c, EncoderDecoder model, int[][] sources, out Plan plan)
    {
        plan = Plan.Of(causal: false, [.. sources.Select(ids => ids.Length)]);
        return model.Encode(c, model.Embed(c, sources.SelectMany(ids => ids).ToArray()), plan);
    }

    /// <summary>The decoder's normed output for every row of the answers.</summary>
    public static Tensor Decode(Compute c, EncoderDecoder model, Tensor encoded, Plan memory, int[][] answers)
    {
        var plan = Plan.Of(causal: true, [.. answers.Select(ids => ids.Length)]);
        plan.Remember(encoded, memory);
        return model.Norm(c, model.Forward(c, model.Embed(c, answers.SelectMany(ids => ids).ToArray()), plan));
    }
}
