using Sensorium.Models.Layers;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Forward;

/// <summary>A contrastive model: one of its halves, or both and how well pictures and texts go together.</summary>
static class ContrastiveForward
{
    public static IEnumerable<CheckRow> Run(Check check, ContrastiveModel model, VerifySession session) => check.Component switch
    {
        null => Pairs(check, model, session),
        "vision_model" => VisionForward.Run(check, model.Vision, session),
        "text_model" => TextForward.Run(check, model.Text, session),
        string other => throw new SkipException($"the component '{other}' is not built yet"),
    };

    static List<CheckRow> Pairs(Check check, ContrastiveModel model, VerifySession session)
    {
        Compute c = session.Compute;
        c.Reset();
        Tensor pictures = UnitLength.Of(c, model.Vision.Vectors(c, PixelValues.Of(c, check.Input("pixel_values"))));
        Tensor texts = UnitLength.Of(c, TextForward.Vectors(c, check, model.Text));
        Tensor logits = model.Logits(c, pictures, texts);
        return [.. FieldChecks.Compare(check, field => Field(field) is { } values ? ExpectedShapes.Rows(values, check.ShapeOf(field)) : null, session.Judge)];

        Values? Field(string field) => field switch
        {
            "image_embeds" => c.Values(pictures),
            "text_embeds" => c.Values(texts),
            "logits_per_image" => c.Values(logits),
            "logits_per_text" => Turned(c.Values(logits)),
            "probs" => c.Values(model.Scores(c, logits)),
            _ => null,
        };
    }

    static Values Turned(Values matrix)
    {
        (int rows, int columns) = (matrix.Shape[0], matrix.Shape[1]);
        return new Values([.. Enumerable.Range(0, matrix.Count).Select(i => matrix.Data[i % rows * columns + i / rows])], [columns, rows]);
    }
}
