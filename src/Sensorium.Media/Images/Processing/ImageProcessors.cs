using System.Text.Json;
using Sensorium.Media.Images.Resizing;

namespace Sensorium.Media.Images.Processing;

/// <summary>Makes processors from the settings that checkpoints carry.</summary>
public static class ImageProcessors
{
    static readonly float[] ClipMean = [0.48145466f, 0.4578275f, 0.40821073f];
    static readonly float[] ClipStd = [0.26862954f, 0.26130258f, 0.27577711f];
    static readonly float[] Half = [0.5f, 0.5f, 0.5f];

    // What each class of transformers takes where preprocessor_config.json leaves a key out.
    static readonly Dictionary<string, Defaults> Transformers = new(StringComparer.Ordinal)
    {
        ["CLIPImageProcessor"] = new(ShortestEdge: true, Side: 224, Resample.Bicubic, Crop: true, ConvertRgb: true, ClipMean, ClipStd),
        ["LlavaImageProcessor"] = new(ShortestEdge: true, Side: 224, Resample.Bicubic, Crop: true, ConvertRgb: true, ClipMean, ClipStd),
        ["SiglipImageProcessor"] = new(ShortestEdge: false, Side: 224, Resample.Bicubic, Crop: false, ConvertRgb: true, Half, Half),
        ["ViTImageProcessor"] = new(ShortestEdge: false, Side: 224, Resample.Bilinear, Crop: false, ConvertRgb: false, Half, Half),
    };

    /// <summary>The image processors of transformers that are known.</summary>
    public static IEnumerable<string> SupportedTransformers => Transformers.Keys;

    /// <summary>
    /// timm's evaluation transform: the shorter side to floor(size / crop_pct), the middle cut out, bytes / 255,
    /// normalised (timm <c>transforms_imagenet_eval</c>).
    /// </summary>
    /// <param name="pretrainedConfig"><c>pretrained_cfg</c> of timm's <c>config.json</c>.</param>
    /// <param name="file">The file's name, for errors.</param>
    /// <exception cref="MediaException">A key is missing, of the wrong kind, or asks for what is not supported.</exception>
    public static ImageProcessor FromTimm(JsonElement pretrainedConfig, string file)
    {
        var settings = new SettingsReader(pretrainedConfig, file, "pretrained_cfg.");
        int[] size = settings.Sides("input_size", 3);
        if (size[0] != 3 || size[1] != size[2])
        {
            throw settings.Unsupported("input_size", "three channels and a square");
        }

        double share = settings.Number("crop_pct", 0.875);
        if (share is not (> 0.01 and <= 1))
        {
            throw settings.Wrong("crop_pct", "a number above 0.01 and up to 1");
        }

        int scaled = (int)Math.Floor(size[1] / share);
        return new ImageProcessor
        {
            Color = ColorRule.Rgb,
            Resize = settings.Text("crop_mode") switch
            {
                null or "center" => ResizeRule.ShortestEdge,
                "squash" => ResizeRule.Exact,
                _ => throw settings.Unsupported("crop_mode", "center, squash"),
            },
            ResizeWidth = scaled,
            ResizeHeight = scaled,
            Resample = ParseResample(settings, "interpolation"),
            CropWidth = size[1],
            CropHeight = size[1],
            Crop = CenterCropRule.Torchvision,
            Mean = settings.Numbers("mean", 3),
            Std = settings.Deviations("std", 3),
            Arithmetic = NormalizationArithmetic.Torchvision,
        };
    }

    /// <summary>The preprocessing of a TensorFlow detector: <c>preprocessing</c> and <c>image_size</c> of its <c>config.json</c>.</summary>
    /// <param name="config">The whole <c>config.json</c>.</param>
    /// <param name="file">The file's name, for errors.</param>
    /// <exception cref="MediaException">A key is missing, of the wrong kind, or asks for what is not supported.</exception>
    public static ImageProcessor FromTensorFlow(JsonElement config, string file)
    {
        var root = new SettingsReader(config, file);
        int[] size = root.Sides("image_size", 2);
        SettingsReader settings = root.Child("preprocessing");
        if (settings.Text("color") is not (null or "RGB"))
        {
            throw settings.Unsupported("color", "RGB");
        }

        if (settings.Text("resize") is not "bilinear")
        {
            throw settings.Unsupported("resize", "bilinear");
        }

        foreach (string key in (string[])["align_corners", "half_pixel_centers", "antialias", "keep_aspect"])
        {
            if (settings.Bool(key, missing: false))
            {
                throw settings.Unsupported(key, "false");
            }
        }

        return new ImageProcessor
        {
            Color = ColorRule.Rgb,
            Resize = ResizeRule.TensorFlow,
            ResizeHeight = size[0],
            ResizeWidth = size[1],
            Resample = Resample.Bilinear,
            RescaleFactor = settings.Number("rescale_factor", 1),
            RescaleOffset = settings.Number("offset", 0),
        };
    }

    /// <summary>The processor that transformers' <c>preprocessor_config.json</c> describes.</summary>
    /// <param name="config">The file's contents.</param>
    /// <param name="file">The file's name, for errors.</param>
    /// <param name="backend">Whose resize and arithmetic.</param>
    /// <exception cref="MediaException">A key is missing, of the wrong kind, or asks for what is not supported.</exception>
    public static ImageProcessor FromTransformers(JsonElement config, string file, ResizeBackend backend = ResizeBackend.Pillow12)
    {
        var settings = new SettingsReader(config, file);
        string key = settings.Has("image_processor_type") ? "image_processor_type" : "feature_extractor_type";
        string type = settings.Text(key) ?? throw settings.Wrong("image_processor_type", "the name of an image processor");
        if (!Transformers.TryGetValue(Canonical(type), out Defaults? defaults))
        {
            throw settings.Unsupported(key, string.Join(", ", Transformers.Keys));
        }

        bool normalize = settings.Bool("do_normalize", missing: true);
        var processor = new ImageProcessor
        {
            Color = settings.Bool("do_convert_rgb", defaults.ConvertRgb) ? ColorRule.RgbOverWhite : ColorRule.Rgb,
            Resample = settings.Has("resample") ? ParseResample(settings, "resample") : defaults.Resample,
            RescaleFactor = settings.Bool("do_rescale", missing: true) ? Factor(settings) : 1,
            Mean = !normalize ? [] : settings.Has("image_mean") ? settings.Numbers("image_mean", 3) : defaults.Mean,
            Std = !normalize ? [] : settings.Has("image_std") ? settings.Deviations("image_std", 3) : defaults.Std,
        };
        if (settings.Bool("do_pad", missing: false))
        {
            processor = processor with { SquareColor = MeanColor(settings.Has("image_mean") ? settings.Numbers("image_mean", 3) : defaults.Mean) };
        }

        if (settings.Bool("do_resize", missing: true))
        {
            processor = WithSize(processor, settings, defaults);
        }

        if (settings.Bool("do_center_crop", defaults.Crop))
        {
            (int width, int height) = CropSize(settings, defaults.Side);
            processor = processor with { CropWidth = width, CropHeight = height };
        }

        return processor.WithBackend(backend);
    }

    /// <summary>The colour that becomes zero when pictures are normalised, as LLaVA pads them.</summary>
    /// <param name="mean">Of each channel, from 0 to 1.</param>
    public static (byte Red, byte Green, byte Blue) MeanColor(IReadOnlyList<float> mean)
    {
        ArgumentNullException.ThrowIfNull(mean);
        return (Level(mean[0]), Level(mean[1]), Level(mean[2]));

        static byte Level(float value) => (byte)Math.Clamp((int)(value * 255.0), 0, 255);
    }

    static ImageProcessor WithSize(ImageProcessor processor, SettingsReader settings, Defaults defaults)
    {
        bool shortest = defaults.ShortestEdge;
        int width = defaults.Side;
        int height = defaults.Side;
        if (settings.IsObject("size"))
        {
            SettingsReader size = settings.Child("size");
            shortest = size.Has("shortest_edge");
            if (size.Has("longest_edge"))
            {
                throw size.Unsupported("longest_edge", "shortest_edge alone, or height and width");
            }

            width = size.Side(shortest ? "shortest_edge" : "width");
            height = shortest ? width : size.Side("height");
        }
        else if (settings.Has("size"))
        {
            width = height = settings.Side("size");
        }

        return processor with { Resize = shortest ? ResizeRule.ShortestEdge : ResizeRule.Exact, ResizeWidth = width, ResizeHeight = height };
    }

    static (int Width, int Height) CropSize(SettingsReader settings, int side)
    {
        if (settings.IsObject("crop_size"))
        {
            SettingsReader size = settings.Child("crop_size");
            return (size.Side("width"), size.Side("height"));
        }

        side = settings.Has("crop_size") ? settings.Side("crop_size") : side;
        return (side, side);
    }

    static double Factor(SettingsReader settings)
    {
        double factor = settings.Number("rescale_factor", 1 / 255.0);
        return factor > 0 ? factor : throw settings.Wrong("rescale_factor", "a number above zero");
    }

    // Old checkpoints name feature extractors, and newer ones the backend as well.
    static string Canonical(string type)
    {
        foreach (string suffix in (string[])["Fast", "Pil"])
        {
            type = type.EndsWith(suffix, StringComparison.Ordinal) ? type[..^suffix.Length] : type;
        }

        return type.EndsWith("FeatureExtractor", StringComparison.Ordinal) ? type[..^"FeatureExtractor".Length] + "ImageProcessor" : type;
    }

    static Resample ParseResample(SettingsReader settings, string key)
    {
        if (string.Equals(key, "resample", StringComparison.Ordinal))
        {
            int number = settings.Whole(key, 0);
            return Enum.IsDefined((Resample)number) ? (Resample)number : throw settings.Unsupported(key, "0 (nearest) to 5 (Hamming)");
        }

        return settings.Text(key) switch
        {
            "nearest" => Resample.Nearest,
            "lanczos" => Resample.Lanczos,
            null or "bilinear" => Resample.Bilinear,
            "bicubic" => Resample.Bicubic,
            "box" => Resample.Box,
            "hamming" => Resample.Hamming,
            _ => throw settings.Unsupported(key, "nearest, lanczos, bilinear, bicubic, box, hamming"),
        };
    }

    sealed record Defaults(bool ShortestEdge, int Side, Resample Resample, bool Crop, bool ConvertRgb, float[] Mean, float[] Std);
}
