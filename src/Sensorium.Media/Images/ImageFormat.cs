namespace Sensorium.Media.Images;

/// <summary>A file format, told by a file's first bytes.</summary>
public enum ImageFormat
{
    /// <summary>None that is known.</summary>
    Unknown,

    /// <summary>PNG, animated or not.</summary>
    Png,

    /// <summary>JPEG.</summary>
    Jpeg,

    /// <summary>GIF.</summary>
    Gif,

    /// <summary>WebP.</summary>
    WebP,

    /// <summary>Windows or OS/2 bitmap.</summary>
    Bmp,

    /// <summary>TIFF, including most camera raw files.</summary>
    Tiff,

    /// <summary>HEIC or HEIF.</summary>
    Heic,

    /// <summary>AVIF.</summary>
    Avif,

    /// <summary>JPEG XL.</summary>
    JpegXl,

    /// <summary>JPEG 2000.</summary>
    Jpeg2000,

    /// <summary>Windows icon or cursor.</summary>
    Ico,

    /// <summary>PBM, PGM or PPM.</summary>
    Pnm,

    /// <summary>Photoshop document.</summary>
    Psd,

    /// <summary>SVG drawing.</summary>
    Svg,

    /// <summary>PDF document.</summary>
    Pdf,

    /// <summary>MP4 or QuickTime video.</summary>
    Mp4,

    /// <summary>Matroska or WebM video.</summary>
    Matroska,

    /// <summary>AVI video.</summary>
    Avi,

    /// <summary>WAV sound.</summary>
    Wav,

    /// <summary>MP3 sound.</summary>
    Mp3,

    /// <summary>Ogg sound or video.</summary>
    Ogg,

    /// <summary>FLAC sound.</summary>
    Flac,

    /// <summary>ZIP archive, which most office documents are.</summary>
    Zip,

    /// <summary>gzip-compressed data.</summary>
    Gzip,

    /// <summary>GGUF model.</summary>
    Gguf,

    /// <summary>Text, markup included.</summary>
    Text,
}
