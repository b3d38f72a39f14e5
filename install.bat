@echo off
rem Installs Reseen into a virtual environment beside this file and shows that it works. Not yet run on Windows.
cd /d "%~dp0"
py -3 -m venv .venv || exit /b 1
.venv\Scripts\pip install --quiet ".[openvino]" || exit /b 1
echo Reseen is installed; start it with: %~dp0.venv\Scripts\reseen find PHOTO FOOTAGE
.venv\Scripts\reseen demo || .venv\Scripts\reseen doctor
