using Sensorium.Cli.Verify.Forward;
using Sensorium.Models.Backbones;
using Sensorium.Models.Encoders;
using Sensorium.Models.Encoders.Transformers;
using Sensorium.Models.Systems;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>forward</c>: the model, or a part of it, on given inputs or files.</summary>
sealed class ForwardCheck : ICheckKind
{
    public string Kind => "forward";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        if (check.Component == "sampling")
        {
            return SamplingForward.Run(check);
        }

        return session.Model(check).Model switch
        {
            EncoderDecoder model => EncoderDecoderForward.Run(check, model, session),
            Backbone backbone => BackboneForward.Run(check, backbone, session),
            Bert bert => BertForward.Run(check, bert, session),
            ComposedParts parts => ComposedForward.Run(check, parts, session),
            Llava llava => LlavaForward.Run(check, llava, session),
            ContrastiveModel pairs => ContrastiveForward.Run(check, pairs, session),
            VisionModel vision => VisionForward.Run(check, vision, session),
            TextModel text => TextForward.Run(check, text, session),
            SsdliteMobileNetV2 detector => DetectorForward.Run(check, detector, session),
            IImageClassifier classifier => ClassifierForward.Run(check, classifier, session),
            object other => throw new SkipException($"forward passes of {other.GetType().Name} are not built yet"),
        };
    }
}
