@echo off
rem Runs the sensorium command from this checkout. The first run builds it, and so does a run after a source changed.
setlocal
set "SENSORIUM_ROOT=%~dp0"
set "SENSORIUM_PUBLISH=%SENSORIUM_ROOT%artifacts\sensorium"
set "SENSORIUM_STAMP=%SENSORIUM_PUBLISH%\.built"
if not exist "%SENSORIUM_STAMP%" goto build
powershell -NoProfile -Command "$t=(Get-Item $env:SENSORIUM_STAMP).LastWriteTimeUtc; $n=Get-ChildItem ($env:SENSORIUM_ROOT+'src') -Recurse -File | Where-Object { $_.LastWriteTimeUtc -gt $t -and $_.FullName -notmatch '\\(bin|obj)\\' } | Select-Object -First 1; if ($n) { exit 1 }"
if errorlevel 1 goto build
goto run

:build
where dotnet >nul 2>nul || goto nosdk
pushd "%SENSORIUM_ROOT%"
dotnet --version >nul 2>nul || (popd & goto nosdk)
echo sensorium: building (once, about a minute) ... 1>&2
if not exist "%SENSORIUM_PUBLISH%" mkdir "%SENSORIUM_PUBLISH%"
dotnet publish src\Sensorium.Cli -c Release --use-current-runtime --self-contained false -p:PublishReadyToRun=true -p:RunAnalyzers=false --artifacts-path artifacts\build -o "%SENSORIUM_PUBLISH%" -v quiet -nologo >"%SENSORIUM_PUBLISH%\build.log" 2>&1 || dotnet publish src\Sensorium.Cli -c Release --use-current-runtime --self-contained false -p:RunAnalyzers=false --artifacts-path artifacts\build -o "%SENSORIUM_PUBLISH%" -v quiet -nologo >"%SENSORIUM_PUBLISH%\build.log" 2>&1
if errorlevel 1 (popd & type "%SENSORIUM_PUBLISH%\build.log" 1>&2 & exit /b 1)
popd
echo built> "%SENSORIUM_STAMP%"

:run
"%SENSORIUM_PUBLISH%\sensorium.exe" %*
exit /b %errorlevel%

:nosdk
echo sensorium: the .NET 10 SDK is not there. Install it, then run this again: 1>&2
echo   winget install Microsoft.DotNet.SDK.10 1>&2
echo   or from https://dotnet.microsoft.com/download/dotnet/10.0 1>&2
exit /b 1
