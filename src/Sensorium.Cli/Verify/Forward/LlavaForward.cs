using Sensorium.Cli.Verify.Kinds;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Forward;

/// <summary>LLaVA: its vision tower, its projector, both, or the language model on ids and pictures.</summary>
static class LlavaForward
{
    public static IEnumerable<CheckRow> Run(Check check, Llava model, VerifySession session)
    {
        Compute c = session.Compute;
        if (check.Component == "vision_tower")
        {
            return VisionForward.Run(check, model.Vision.Tower, session);
        }

        c.Reset();
        (string name, Values values) = check.Component switch
        {
            null => ("logits", Logits(check, model, session)),
            "multi_modal_projector" => ("output", c.Values(model.Vision.Projector.Forward(c, Rows(c, check.Input("image_features"))))),
            "vision_tower+multi_modal_projector" => ("image_features", c.Values(model.Vision.Forward(c, PixelValues.Of(c, check.Input("pixel_values"))))),
            string other => throw new SkipException($"the component '{other}' is not built yet"),
        };
        return [.. FieldChecks.Compare(check, field => field == name ? ExpectedShapes.Rows(values, check.ShapeOf(field)) : null, session.Judge)];
    }

    static Values Logits(Check check, Llava model, VerifySession session)
    {
        LanguageSystem system = GenerateCheck.SystemOf(model, check, session, out IReadOnlyList<PromptSpan>[] prompts);
        Values[] rows = [.. prompts.Select(prompt => PromptPass.Logits(system, session.Compute, prompt, check.Whole("logits_to_keep")))];
        return rows.Length == 1 ? rows[0] : new Values([.. rows.SelectMany(r => r.Data)], [rows.Sum(r => r.Shape[0]), rows[0].Shape[1]]);
    }

    static Tensor Rows(Compute c, Values features) => c.FromHost(features.ToFloats(), features.Count / features.Shape[^1], features.Shape[^1]);
}
